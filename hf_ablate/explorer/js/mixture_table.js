/**
 * A column of a table of mixtures.
 *
 * @typedef {Object} Column
 * @property {string} name - of its class
 * @property {string} label - its heading
 * @property {?function(number): (number|string|undefined)} value - that the mixtures, given by their positions, are
 *     sorted by; without it, they cannot be
 * @property {?function(number[]): *} prepare - makes what the cells of a page have in common
 * @property {function(d3.Selection, number, *): void} fill - writes the cell of a mixture, given what was prepared
 */

const PAGE = 20; // mixtures that are shown at a time

/**
 * A table of mixtures by pages; a click, or Enter on the name of a mixture, shows it everywhere.
 *
 * @param {Study} study
 * @param {Object} state - as [`makeState`] gives
 * @param {d3.Selection} container - that the table is added to
 * @param {string} caption
 * @param {string} sortBy - name of the column that the table is sorted by at first
 * @returns {{show: function(number[], Column[]): void, reveal: function(number): void}} `show` fills the table with
 *     mixtures, `reveal` goes to the page of one of them
 */
function makeMixtureTable(study, state, container, caption, sortBy) {
  let [rows, columns, start] = [[], [], 0];
  let sort = { name: sortBy, descending: false };

  const table = container.append("div").attr("class", "scroll").append("table").attr("class", "mixtures");
  table.append("caption").text(caption);
  const head = table.append("thead").append("tr");
  const body = table.append("tbody");
  const pages = container.append("p").attr("class", "pages");
  const [before, after] = [
    ["Previous", -PAGE],
    ["Next", PAGE],
  ].map(([label, step]) =>
    pages
      .append("button")
      .attr("type", "button")
      .text(label)
      .on("click", () => turn(start + step)),
  );
  const shown = pages.append("span");

  function drawHeadings() {
    const headings = head.selectAll("th").data(columns).join("th");
    headings.attr("scope", "col").attr("class", ({ name }) => name);
    headings.attr("aria-sort", ({ name, value }) => {
      if (!value) return null;
      return name !== sort.name ? "none" : sort.descending ? "descending" : "ascending";
    });
    headings.filter(({ value }) => !value).text(({ label }) => label);
    const buttons = headings
      .selectAll("button")
      .data((column) => (column.value ? [column] : []))
      .join("button");
    buttons.attr("type", "button").text(({ label }) => label);
    buttons.on("click", (_, { name }) => {
      sort = { name, descending: sort.name === name && !sort.descending };
      arrange();
    });
  }

  /** Sort the mixtures; those without a value come last, in either direction. */
  function arrange() {
    drawHeadings();
    const values = new Map(rows.map((row) => [row, columns.find(({ name }) => name === sort.name).value(row)]));
    const sign = sort.descending ? -1 : 1;
    rows.sort((one, other) => {
      const [first, second] = [values.get(one), values.get(other)];
      return (first === undefined) - (second === undefined) || sign * d3.ascending(first, second);
    });
    turn(0);
  }

  /** Show the page that starts at a place, or the last one. */
  function turn(place) {
    start = Math.max(0, Math.min(place, PAGE * Math.floor((rows.length - 1) / PAGE)));
    const page = rows.slice(start, start + PAGE);
    const lines = body.selectChildren("tr").data(page).join("tr");
    lines.on("click", (_, row) => pick(row));
    for (const [position, { name, prepare, fill }] of columns.entries()) {
      const common = prepare?.(page);
      const cells = lines
        .selectChildren(`td:nth-child(${position + 1})`)
        .data((row) => [row])
        .join("td");
      cells
        .attr("class", name)
        .text("")
        .each(function (row) {
          fill(d3.select(this), row, common);
        });
    }
    pages.property("hidden", rows.length <= PAGE);
    shown.text(`${countText(start + 1)} to ${countText(start + page.length)} of ${countText(rows.length)}`);
    before.property("disabled", start === 0);
    after.property("disabled", start + PAGE >= rows.length);
    mark();
  }

  /** Mark the mixture that is shown everywhere; the Tab key leads to it, or else to the first one. */
  function mark() {
    const current = study.find(state.get().weights);
    const first = rows.slice(start, start + PAGE).includes(current) ? current : rows[start];
    const lines = body.selectChildren("tr").classed("current", (row) => row === current);
    const names = lines.select("button").attr("aria-current", (row) => (row === current ? "true" : null));
    names.attr("tabindex", (row) => (row === first ? 0 : -1));
  }

  function pick(row) {
    state.update({ weights: Array.from(study.mixtures[row].weights) });
  }

  /** Go to a place in the table, on another page if need be. */
  function focus(place) {
    if (place < 0 || place >= rows.length) return;
    if (place < start || place >= start + PAGE) turn(PAGE * Math.floor(place / PAGE));
    body.selectAll("button").nodes()[place - start].focus();
  }

  body.on("keydown", (event) => {
    const place = start + body.selectAll("button").nodes().indexOf(event.target);
    const last = rows.length - 1;
    const places = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      PageDown: Math.min(place + PAGE, last),
      PageUp: Math.max(place - PAGE, 0),
      Home: 0,
      End: last,
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    focus(places[event.key]);
  });
  state.subscribe(mark);
  return {
    show(mixtures, those) {
      [rows, columns] = [mixtures, those];
      arrange();
    },
    reveal: (row) => focus(rows.indexOf(row)),
  };
}

/**
 * The column of mixtures' names, which are buttons.
 *
 * @param {Study} study
 * @param {function(number): string[]} tags - words beside the name of a mixture
 * @returns {Column}
 */
function nameColumn(study, tags = () => []) {
  return {
    name: "name",
    label: "Mixture",
    value: (row) => study.mixtures[row].name,
    fill(cell, row) {
      const button = cell.append("button").attr("type", "button");
      button.append("span").text(study.mixtures[row].name);
      for (const words of tags(row)) button.append("span").attr("class", "tag").text(words);
    },
  };
}
