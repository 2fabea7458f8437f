// Predictors that need the components' own losses and the weights alone.

/**
 * The soft minimum of components, `soft_minimum` in Python: -log(Σ weight × exp(-sharpness × loss)) / sharpness.
 * @param {Float64Array} weights [units]
 * @param {Float64Array} components [units, domains], losses
 * @param {number} sharpness
 * @returns {Float64Array} [domains]
 */
function softMinimum(weights, components, sharpness) {
  const domains = components.length / weights.length;
  const least = componentMinimum(weights, components);
  const sums = new Float64Array(domains);
  for (let unit = 0; unit < weights.length; unit++) {
    if (weights[unit] === 0) continue;
    for (let domain = 0; domain < domains; domain++) {
      const above = components[unit * domains + domain] - least[domain];
      sums[domain] += weights[unit] * Math.exp(-sharpness * above);
    }
  }
  return sums.map((sum, domain) => least[domain] - Math.log(sum) / sharpness);
}

/**
 * The best loss of a mixture's components.
 * @param {Float64Array} weights [units]
 * @param {Float64Array} components [units, domains]
 * @returns {Float64Array} [domains]
 */
function componentMinimum(weights, components) {
  const domains = components.length / weights.length;
  const least = new Float64Array(domains).fill(Infinity);
  for (let unit = 0; unit < weights.length; unit++) {
    if (weights[unit] === 0) continue;
    for (let domain = 0; domain < domains; domain++) {
      least[domain] = Math.min(least[domain], components[unit * domains + domain]);
    }
  }
  return least;
}

/**
 * The mean loss of a mixture's components, by weight.
 * @param {Float64Array} weights [units]
 * @param {Float64Array} components [units, domains]
 * @returns {Float64Array} [domains]
 */
function componentMean(weights, components) {
  const domains = components.length / weights.length;
  const mean = new Float64Array(domains);
  for (let unit = 0; unit < weights.length; unit++) {
    if (weights[unit] === 0) continue;
    for (let domain = 0; domain < domains; domain++) {
      mean[domain] += weights[unit] * components[unit * domains + domain];
    }
  }
  return mean;
}

/**
 * Some neighbouring columns of a matrix.
 * @param {Float64Array} matrix [rows, columns]
 * @param {number} rows
 * @param {number} first the first column that is taken
 * @param {number} count how many are
 * @returns {Float64Array} [rows, count]
 */
function columnsOf(matrix, rows, first, count) {
  const columns = matrix.length / rows;
  const taken = new Float64Array(rows * count);
  for (let row = 0; row < rows; row++) {
    taken.set(matrix.subarray(row * columns + first, row * columns + first + count), row * count);
  }
  return taken;
}

/**
 * Less the square root of the weight of the unit that each domain is held out from.
 * @param {Float64Array} weights [units]
 * @param {(number | null)[]} ownUnits [domains], positions of units
 * @returns {Float64Array} [domains]; NaN for a domain that is held out from none
 */
function ownWeight(weights, ownUnits) {
  return Float64Array.from(ownUnits, (unit) => (unit === null ? NaN : -Math.sqrt(weights[unit])));
}
