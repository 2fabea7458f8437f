/**
 * A picture of mixtures, as [`makePicture`] shows it.
 *
 * @typedef {Object} Picture
 * @property {SVGSVGElement} plot - made by Plot
 * @property {function(): {row: number, x: number, y: number}[]} places - where mixtures can be pointed at, in pixels
 * @property {?Dots} dots - that are drawn behind all else
 * @property {function(number[]|Float64Array, number): ?number[][]} trace - of a mixture, given by weights and position, -1
 *     if it is not ranked, the pixels that it is at: a point, or the corners of a line; `null` for none
 * @property {number[]} order - positions of the mixtures in the picture, as the arrow keys go through them
 * @property {number[]} marked - positions of mixtures that are marked as the best
 * @property {function(number): string[]} lines - what is shown of a mixture, its name first
 * @property {string} label - what is to be seen, in a sentence
 * @property {string[]} notes - how to read it, and what it leaves out
 * @property {string[][]} legend - as of [`drawLegend`]
 * @property {?function(number): string} colours - of scores
 */

const REACH = 30; // pixels within which a mixture is pointed at

/**
 * A picture in which mixtures can be pointed at, gone through by arrow keys and chosen, with the mixture that is shown
 * everywhere marked in it.
 *
 * @param {Study} study
 * @param {Object} state - as [`makeState`] gives
 * @param {d3.Selection} container - that the picture is added to
 * @param {string[]} names - fields of the state that the picture depends on, beside the mixture that is shown
 * @param {function({width: number, height: number}): Picture} build - of a size
 */
function makePicture(study, state, container, names, build) {
  const legend = container.append("ul").attr("class", "legend");
  const frame = container
    .append("div")
    .attr("class", "picture")
    .attr("role", "group")
    .attr("tabindex", 0)
    .attr("aria-label", "Mixtures: arrow keys go from the best to the worst, Enter shows one everywhere");
  const canvas = frame.append("canvas").attr("aria-hidden", "true").node();
  const drawing = frame.append("div");
  const tip = frame.append("div").attr("class", "tip").attr("aria-hidden", "true").property("hidden", true);
  const numbers = container.append("p").attr("class", "numbers").attr("role", "status");
  const absent = container.append("p").attr("class", "note").text("The current mixture cannot be shown in this picture.");
  const notes = container.append("div");
  let picture = null;
  let tree = null; // of the places, made when something is first pointed at
  let drawn = 0; // the width
  let pointed = -1;

  function draw() {
    const width = frame.node().clientWidth;
    if (!width) return; // hidden
    drawn = width;
    const size = pictureSize(width);
    picture = build(size);
    const context = clearedCanvas(canvas, size);
    if (picture.dots) drawDots(picture.plot, context, picture.dots);
    tree = null;
    pointed = -1;
    drawing.node().replaceChildren(picture.plot);
    for (const part of picture.plot.querySelectorAll("[aria-label]")) {
      part.classList.add(part.getAttribute("aria-label").replaceAll(" ", "-")); // Plot's names say nothing to people
      part.removeAttribute("aria-label");
    }
    d3.select(picture.plot).attr("role", "img").attr("aria-label", picture.label).append("g").attr("class", "marks");
    drawLegend(legend, picture.legend, picture.colours);
    notes
      .selectAll("p")
      .data(picture.notes)
      .join("p")
      .attr("class", "note")
      .text((words) => words);
    mark();
    tell();
  }

  /** Mark the best mixtures, the one that is shown everywhere, and the one that is pointed at. */
  function mark() {
    if (!picture) return;
    const { weights } = state.get();
    const marked = [
      ...picture.marked.map((row) => ["best", study.mixtures[row].weights, row]),
      ["current", weights, study.find(weights)],
      ...(pointed < 0 ? [] : [["pointed", study.mixtures[pointed].weights, pointed]]),
    ].map(([name, ...mixture]) => ({ name, trace: picture.trace(...mixture) }));
    absent.property(
      "hidden",
      marked.some(({ name, trace }) => name === "current" && trace),
    );
    const marks = d3.select(picture.plot).select("g.marks").selectAll("g");
    const groups = marks
      .data(marked.filter(({ trace }) => trace))
      .join("g")
      .attr("class", ({ name }) => name);
    groups.each(function ({ name, trace }) {
      drawTrace(d3.select(this).text(""), trace, name === "best");
    });
  }

  /** Tell the numbers of the mixture that is pointed at. */
  function tell() {
    tip.property("hidden", pointed < 0);
    if (pointed < 0) {
      numbers.text(
        "Point at a mixture, or go there by the arrow keys, for its numbers; a click, or Enter, shows it everywhere.",
      );
      return;
    }
    const lines = picture.lines(pointed);
    numbers.text(`${lines.join("; ")}.`);
    tip
      .selectAll("span")
      .data(lines)
      .join("span")
      .text((line) => line);
    const [x, y] = picture.trace(study.mixtures[pointed].weights, pointed)[0];
    const { clientWidth, clientHeight } = frame.node();
    const [width, height] = [tip.node().offsetWidth, tip.node().offsetHeight];
    const left = x + 14 + width > clientWidth ? Math.max(0, x - 14 - width) : x + 14;
    tip.style("left", `${left}px`).style("top", `${Math.max(0, Math.min(y - height / 2, clientHeight - height))}px`);
  }

  function point(row) {
    if (row === pointed) return;
    pointed = row;
    mark();
    tell();
  }

  function pick(row) {
    if (row >= 0) state.update({ weights: Array.from(study.mixtures[row].weights) });
  }

  function rowAt(event) {
    const [x, y] = d3.pointer(event, picture.plot);
    tree ??= d3.quadtree(
      picture.places(),
      (place) => place.x,
      (place) => place.y,
    );
    return tree.find(x, y, REACH)?.row ?? -1;
  }

  frame
    .on("pointermove", (event) => point(rowAt(event)))
    .on("pointerleave blur", () => point(-1))
    .on("click", (event) => pick(rowAt(event)))
    .on("keydown", (event) => {
      const { order } = picture;
      const at = order.indexOf(pointed >= 0 ? pointed : study.find(state.get().weights));
      const next = {
        ArrowRight: at + 1,
        ArrowDown: at + 1,
        ArrowLeft: at - 1,
        ArrowUp: at - 1,
        Home: 0,
        End: order.length - 1,
      };
      if (event.key in next) point(order[Math.max(0, Math.min(next[event.key], order.length - 1))]);
      else if (event.key === "Enter" || event.key === " ") pick(pointed);
      else if (event.key === "Escape") point(-1);
      else return;
      event.preventDefault();
    });
  drawOnChange(state, names, draw);
  drawOnChange(state, ["weights"], mark);
  new ResizeObserver(() => frame.node().clientWidth !== drawn && draw()).observe(frame.node());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
