// The table of mixtures that all parts of the page share, see `hf_ablate/explorer/mixture_table.py`.

/** Parts of a weight of 1: nine decimals tell mixtures apart, as in `hf_ablate/prediction/scored.py`. */
const PARTS = 1e9;

/**
 * The table's mixtures.
 * @param {{units: number, counts: object, positions: object, weights: object, parts: object}} table unpacked
 * @returns {Float64Array[]} weights of each mixture, [units]
 */
function mixturesOf({ units, counts, positions, weights, parts }) {
  let at = 0;
  return Array.from(counts.data, (count) => {
    const mixture = new Float64Array(units);
    const end = at + count;
    let left = PARTS;
    for (; at < end; at++) {
      // In place of the last part is what the parts are above their sum.
      const part = weights ? null : at < end - 1 ? parts.data[at] : left + parts.data[at];
      left -= part;
      mixture[positions.data[at]] = weights ? weights.data[at] : part / PARTS;
    }
    return mixture;
  });
}

/**
 * Weights as scores know them, `rounded` in Python.
 * @param {Float64Array} weights [units]
 * @returns {Float64Array} [units]
 */
function rounded(weights) {
  return weights.map((weight) => Math.round(weight * PARTS) / PARTS);
}

/**
 * What identifies a mixture.
 * @param {Float64Array} weights [units]
 * @returns {string}
 */
function keyOf(weights) {
  let key = "";
  for (let unit = 0; unit < weights.length; unit++) {
    const part = Math.round(weights[unit] * PARTS);
    if (part !== 0) key += `${unit}:${part} `;
  }
  return key;
}
