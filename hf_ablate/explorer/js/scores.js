// Scores of a proxy, which `hf_ablate/explorer/scores_payload.py` leaves digits out of that no prediction depends on.

/** What the logarithm of nothing is taken of. */
const LEAST = 1e-300;

/**
 * The scores of mixtures.
 * @param {object} fitted `scores` of a surrogate, unpacked
 * @param {Float64Array[]} mixtures weights of each, [units]
 * @param {Float64Array} components [units, domains], losses, or their logarithms where those of scores were coded
 * @returns {Float64Array} [mixtures, domains], NaN where there is none
 */
function scoresOf({ exact, coefficients, sharpnesses, missing, parts }, mixtures, components) {
  if (exact) return exact.data;
  const [columns, domains] = coefficients.shape;
  const values = new Float64Array(mixtures.length * domains);
  for (const { step, rows, codes } of parts) {
    rows.data.forEach((row, index) => {
      for (let domain = 0; domain < domains; domain++) {
        const code = codes.data[domain * rows.data.length + index];
        values[row * domains + domain] = step * (code % 2 ? -(code + 1) / 2 : code / 2);
      }
    });
  }
  const likely = sharpnesses.map((sharpness) => likelihoods(components, mixtures[0].length, sharpness));
  mixtures.forEach((weights, row) => {
    const own = values.subarray(row * domains, (row + 1) * domains);
    for (const { column, value } of ofWeights(weights)) {
      const start = column * domains;
      for (let domain = 0; domain < domains; domain++) own[domain] += coefficients.data[start + domain] * value;
    }
    likely.forEach((ofUnits, index) => {
      const start = (columns - likely.length + index) * domains;
      const sums = componentMean(weights, ofUnits);
      for (let domain = 0; domain < domains; domain++) {
        own[domain] += coefficients.data[start + domain] * Math.log(sums[domain] + LEAST);
      }
    });
  });
  for (const index of missing.data) {
    values[(index % mixtures.length) * domains + Math.floor(index / mixtures.length)] = NaN;
  }
  return values;
}

/**
 * What all domains have in common, without zeros: the constant, squares, entropy, its square, weights and their roots.
 * @param {Float64Array} weights [units]
 * @returns {{column: number, value: number}[]}
 */
function ofWeights(weights) {
  const parts = [];
  let squares = 0;
  let entropy = 0;
  weights.forEach((weight, unit) => {
    if (weight === 0) return;
    squares += weight ** 2;
    entropy -= weight * Math.log(weight);
    parts.push({ column: 4 + unit, value: weight }, { column: 4 + weights.length + unit, value: Math.sqrt(weight) });
  });
  const common = [1, squares, entropy, entropy ** 2].map((value, column) => ({ column, value }));
  return [...common, ...parts];
}

/**
 * How likely the components find a text, relative to the best of them.
 * @param {Float64Array} components [units, domains], losses
 * @param {number} units
 * @param {number} sharpness
 * @returns {Float64Array} [units, domains]
 */
function likelihoods(components, units, sharpness) {
  const best = componentMinimum(new Float64Array(units).fill(1), components);
  return components.map((loss, index) => Math.exp(-sharpness * (loss - best[index % best.length])));
}
