/** What the pictures of mixtures share: colours, dots, legends. */

const EDGE = 1.5; // pixels
const MOST_ELEMENTS = 2000; // dots that are elements of a drawing; more of them are painted on a canvas behind it

/** @returns {Object<string, string>} colours of the page, which differ in the dark */
function pageColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["worst", "middle", "best", "muted", "accent", "ink", "line", "paper"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

const TOLD_APART = 0.9; // share of the mixtures, the best, whose colours differ: a few bad ones would take them all

/**
 * Colours of scores: the best one stands out most, in the light and in the dark.
 *
 * @param {Iterable<number>} scores
 * @returns {function(number): string} with `domain()`, the scores from which and up to which colours differ
 */
function scoreColours(scores) {
  const { best, middle, worst } = pageColours();
  const domain = [d3.min(scores), d3.quantile(scores, TOLD_APART)];
  return d3.scaleQuantize(domain, d3.quantize(d3.piecewise(d3.interpolateLab, [best, middle, worst]), 48));
}

/**
 * Dots of a picture, as elements or, where they are many, painted on a canvas behind the drawing.
 *
 * @typedef {Object} Dots
 * @property {{row: number, x: number, y: number}[]} places - in pixels; the first lies on top
 * @property {function(number): string} colour - of a mixture, given by its position
 * @property {number} opacity
 * @property {function(Object): number} radius - of a place, in pixels
 * @property {?function(number): boolean} isOutlined - whether a mixture's dot has an edge
 *
 * @param {SVGSVGElement} plot - the drawing
 * @param {CanvasRenderingContext2D} canvas
 * @param {Dots} dots
 */
function drawDots(plot, canvas, { places, colour, opacity, radius, isOutlined = () => false }) {
  const edge = pageColours().ink;
  const isPainted = places.length > MOST_ELEMENTS;
  Object.assign(canvas, { globalAlpha: opacity, strokeStyle: edge, lineWidth: EDGE });
  for (const place of isPainted ? places.toReversed() : []) {
    canvas.fillStyle = colour(place.row);
    canvas.beginPath();
    canvas.arc(place.x, place.y, radius(place), 0, 2 * Math.PI);
    canvas.fill();
    if (isOutlined(place.row)) canvas.stroke();
  }
  const group = d3.create("svg:g").attr("class", "dots").attr("fill-opacity", opacity);
  const circles = group
    .selectAll("circle")
    .data(isPainted ? [] : places.toReversed())
    .join("circle");
  circles
    .attr("cx", ({ x }) => x)
    .attr("cy", ({ y }) => y)
    .attr("r", radius)
    .attr("fill", ({ row }) => colour(row));
  circles
    .filter(({ row }) => isOutlined(row))
    .attr("stroke", edge)
    .attr("stroke-width", EDGE);
  plot.insertBefore(group.node(), plot.querySelector("g"));
}

/**
 * A legend: pairs of a symbol and what it stands for; of colours, the scores at their ends.
 *
 * @param {d3.Selection} list - is filled
 * @param {string[][]} entries - class of the symbol and words
 * @param {?function(number): string} colours - as [`scoreColours`] gives
 */
function drawLegend(list, entries, colours) {
  const items = list.selectChildren("li").data(entries).join("li");
  items
    .text("")
    .append("span")
    .attr("class", ([name]) => `symbol ${name}`)
    .attr("aria-hidden", "true");
  items.append("span").text(([, words]) => words);
  if (!colours) return;
  const [low, high] = colours.domain();
  const scale = list.append("li");
  scale.append("span").text(`predicted ${scoreText(low)} `);
  scale.append("span").attr("class", "symbol colours").attr("aria-hidden", "true");
  scale.append("span").text(` ${scoreText(high)} or more`);
}

/**
 * Mark a mixture in a drawing.
 *
 * @param {d3.Selection} group - is filled
 * @param {number[][]} trace - the pixels that the mixture is at: a point, or the corners of a line
 * @param {boolean} isBest - a point is marked by a square on its corner then, otherwise by a ring
 */
function drawTrace(group, trace, isBest) {
  for (const name of ["halo", "stroke"]) {
    if (trace.length > 1) group.append("path").attr("class", name).attr("d", d3.line()(trace));
    else
      group
        .append("path")
        .attr("class", name)
        .attr("d", ring(...trace[0], isBest));
  }
}

/** @returns {string} a path around a point */
function ring(x, y, isBest) {
  if (isBest) return `M${x - 13},${y}l13,-13l13,13l-13,13z`;
  return `M${x - 7.5},${y}a7.5,7.5 0 1 1 15,0a7.5,7.5 0 1 1 -15,0z`;
}

/** @returns {{width: number, height: number}} of a picture that is as wide as its place */
function pictureSize(width) {
  return { width, height: Math.round(width < 600 ? width : Math.min(540, 0.56 * width)) };
}

/** @returns {CanvasRenderingContext2D} of a canvas that is cleared and has a size, in the pixels of the drawing */
function clearedCanvas(canvas, { width, height }) {
  const density = devicePixelRatio;
  Object.assign(canvas, { width: width * density, height: height * density }); // which clears it
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const context = canvas.getContext("2d");
  context.scale(density, density);
  return context;
}

/** @returns {Object} options of Plot that all pictures have */
function plotOptions({ width, height }) {
  return { width, height, style: { background: "none", fontFamily: "inherit", fontSize: "12px", overflow: "visible" } };
}

/** @returns {{radius: function(): number, opacity: number}} of dots: the more there are, the smaller and paler */
function dotLook(count) {
  const radius = count > MOST_ELEMENTS ? 2 : count > 300 ? 3 : 4;
  return { radius: () => radius, opacity: Math.max(0.25, Math.min(0.55, 11 / Math.sqrt(count))) };
}
