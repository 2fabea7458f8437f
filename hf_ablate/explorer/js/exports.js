/**
 * Mixtures as files for trainers, from the templates in the page: the same text as `hf-ablate export` writes.
 * hf_ablate/exports/template.py and shares.py say what a format holds, and do the same in Python.
 *
 * @typedef {{unit: number, fields: Object<string, string>, amount: number, note: string}} ExportRow
 *   `unit`: its position in the page's order of units; `amount`: what its weight is multiplied by for its share
 * @typedef {{label: string, file_name: string, template: (string | {each: string, separator: string})[],
 *   rows: ExportRow[], title: string, notes: string[]}} ExportFormat
 */

const FEWEST_DIGITS = 6;
const MOST_DIGITS = 12;
const LINE_ENDS = /[\n\r\x85\u2028\u2029]/g; // names from elsewhere must not end a comment
const SMALLEST_SHARE = 100; // what the smallest share is at least, in units of the last digit

/**
 * The file of a format for a mixture.
 * @param {ExportFormat} format
 * @param {ArrayLike<number>} weights of all units, in the page's order; they sum to 1
 * @returns {string}
 */
function exportText(format, weights) {
  const rows = exportRows(format, weights);
  const shares = shareTexts(rows.map((row) => weights[row.unit] * row.amount));
  const filled = rows.map((row, index) => (
    { ...row.fields, weight: shares[index], exact: plainDecimal(weights[row.unit]) }
  ));
  const fill = (text, row) => text.replace(/<<(\w+)>>/g, (_, name) => row[name]);
  const lines = format.title ? [format.title, ...exportNotes(format, weights)] : [];
  const comment = lines.map((line) => `# ${line.replace(LINE_ENDS, " ")}\n`);
  const parts = format.template.map((part) => (
    typeof part === "string" ? fill(part, filled[0]) : filled.map((row) => fill(part.each, row)).join(part.separator)
  ));
  return [...comment, ...parts].join("");
}

/**
 * What readers should know of the file of a format for a mixture.
 * @param {ExportFormat} format
 * @param {ArrayLike<number>} weights of all units, in the page's order
 * @returns {string[]}
 */
function exportNotes(format, weights) {
  return [...format.notes, ...exportRows(format, weights).map((row) => row.note).filter(Boolean)];
}

/**
 * The rows of the units that a mixture has.
 * @param {ExportFormat} format
 * @param {ArrayLike<number>} weights of all units, in the page's order
 * @returns {ExportRow[]}
 */
function exportRows(format, weights) {
  return format.rows.filter((row) => weights[row.unit] > 0);
}

/**
 * The shares of amounts in their sum, as decimals that sum to exactly 1, by the largest remainder.
 * @param {number[]} amounts positive
 * @returns {string[]}
 */
function shareTexts(amounts) {
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  const shares = amounts.map((amount) => amount / total);
  let digits = FEWEST_DIGITS;
  let scale = 10 ** FEWEST_DIGITS;
  while (digits < MOST_DIGITS && Math.min(...shares) * scale < SMALLEST_SHARE) {
    digits += 1;
    scale *= 10;
  }
  const exact = shares.map((share) => share * scale);
  const counts = exact.map(Math.floor);
  const largestFirst = exact.map((_, row) => row).sort((a, b) => (counts[a] - exact[a]) - (counts[b] - exact[b]));
  const left = scale - counts.reduce((sum, count) => sum + count, 0);
  largestFirst.slice(0, left).forEach((row) => { counts[row] += 1; });
  return counts.map((count) => {
    const decimals = String(count).padStart(digits, "0").replace(/0+$/, "");
    return count === scale ? "1.0" : `0.${decimals || "0"}`;
  });
}

/**
 * A weight to its last bit, never in the notation with an exponent.
 * @param {number} weight from 0 to 1
 * @returns {string}
 */
function plainDecimal(weight) {
  const [mantissa, exponent] = String(weight).split("e-");
  if (exponent !== undefined) return `0.${"0".repeat(exponent - 1)}${mantissa.replace(".", "")}`;
  return mantissa.includes(".") ? mantissa : `${mantissa}.0`;
}
