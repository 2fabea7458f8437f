/**
 * Make the tables of the page sortable: a button in each heading of a column, which sorts the rows of the table's body
 * by it, the other way round when it is used again. Rows of the foot stay where they are.
 */
for (const table of document.querySelectorAll("table.sortable")) {
  for (const heading of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, heading));
    heading.append(button);
  }
}

/**
 * Sort a table by a column: up, or down where it is sorted up already.
 * @param {HTMLTableElement} table
 * @param {HTMLTableCellElement} heading - of the column
 */
function sortBy(table, heading) {
  const direction = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", direction);
  const rows = [...table.tBodies[0].rows].map((row) => ({ row, value: valueOf(row.cells[heading.cellIndex]) }));
  rows.sort((one, other) => compare(one.value, other.value, direction === "ascending" ? 1 : -1));
  table.tBodies[0].append(...rows.map(({ row }) => row));
}

/**
 * What a cell is sorted by: its data-value, or its text without remarks in small print.
 * @param {HTMLTableCellElement} cell
 * @returns {number | string | null} null for a cell without a value
 */
function valueOf(cell) {
  const parts = [...cell.childNodes].filter((node) => node.nodeName !== "SMALL");
  const text = (cell.dataset.value ?? parts.map((node) => node.textContent).join("")).trim();
  if (["", "-", "–"].includes(text)) return null;
  const number = Number(text.replace(/[,%]/g, ""));
  return Number.isNaN(number) ? text : number;
}

/**
 * The order of two values: numbers before texts, and what has no value last, whatever the direction.
 * @param {number | string | null} one
 * @param {number | string | null} other
 * @param {1 | -1} direction
 * @returns {number} negative where `one` comes first
 */
function compare(one, other, direction) {
  if (one === null || other === null) return (one === null) - (other === null);
  if (typeof one === "number" && typeof other === "number") return direction * (one - other);
  return direction * String(one).localeCompare(String(other), "en", { numeric: true });
}
