/**
 * A ranked study, as the page knows it.
 *
 * @typedef {Object} Study
 * @property {string[]} units - that mixtures are made of
 * @property {Object<string, number[]>} groups - `FIELD=VALUE` → positions of its units
 * @property {string[]} fields - by whose values there are groups
 * @property {number[]|null} tokens - available of every unit, where the corpus records them
 * @property {string[]} units_of_measure - of every domain's scores
 * @property {Object<string, Float64Array>} presets - mixtures by rule: `uniform` and, where they are recorded, `tokens`
 * @property {string[]} domains - `<source>/<domain>`
 * @property {{name: string, label: string, level: string, weights: Float64Array}[]} targets - means of domains, and
 *     domains
 * @property {string} study_target - the name of the study's own target
 * @property {Float64Array} firstTarget - weights of the domains in the study's own target; they sum to 1
 * @property {{id: string, name: string, weights: Float64Array}[]} mixtures - that were ranked
 * @property {number[]} scored - positions of those that a proxy was scored for
 * @property {Float64Array} expected - [mixtures × domains], expected losses of the ranked mixtures
 * @property {{row: number, losses: Float64Array}[]} references - position among the mixtures, and losses on all domains
 * @property {{confidence: number, reach: number, noise: ?{covariance: PackedArray, reach: number}}} ties - how sure a
 *     mixture must be worse than the best not to be tied with it, as a share and in standard deviations; and the noise of
 *     one training, [domains × domains], with the reach of the difference of two
 * @property {Object} predictor - what [`makePredictor`] gives
 */

/**
 * The study in a payload.
 *
 * @param {Object} payload - with its arrays unpacked
 * @param {function(number): void} onProgress - called with the share of the work that is done
 * @returns {Promise<Study>}
 */
async function openStudy(payload, onProgress) {
  const scored = payload.mixtures.ids.map((_, row) => row).filter((row) => payload.mixtures.is_scored.data[row]);
  const table = mixturesOf(payload.table);
  const predictor = await makePredictor(payload.predictor, table, payload.components.data, onProgress);
  const mixtures = payload.mixtures.ids.map((id, row) => ({
    id,
    name: payload.mixtures.names[row].replace("{id}", id),
    weights: table[payload.mixtures.rows.data[row]],
  }));
  const byWeights = new Map(mixtures.map((mixture, row) => [keyOf(mixture.weights), row]));
  const domains = payload.domains.length;
  const expected = payload.expected
    ? payload.expected.data
    : predictor.expected(mixtures.map((mixture) => mixture.weights));

  /** @returns {number} the loss of a ranked mixture on a target, [domains] */
  const mean = (row, target) => weightedSum(expected, row * domains, target);
  return {
    ...payload,
    targets: payload.targets.map((target) => ({ ...target, weights: denseWeights(target.weights, domains) })),
    firstTarget: denseWeights(payload.targets.find(({ name }) => name === payload.study_target).weights, domains),
    presets: {
      uniform: normalised(payload.units.map(() => 1)),
      ...(payload.tokens && { tokens: normalised(payload.tokens) }),
    },
    mixtures,
    scored,
    expected,
    predictor,
    mean,
    references: payload.references.rows.map((row, position) => ({ row, losses: rowOf(payload.references.losses, position) })),

    /** @returns {string} the unit of measure of a target, [domains]; of one that adds several, all of them */
    unitOf: (target) => Array.from(new Set(payload.units_of_measure.filter((_, domain) => target[domain] > 0))).join(" and "),

    /** @returns {number} the position of the ranked mixture with these weights; -1 if there is none */
    find: (weights) => byWeights.get(keyOf(weights)) ?? -1,

    /** @returns {number} the position of the mixture of least loss on a target, [domains] */
    best: (target) => d3.minIndex(mixtures, (_, row) => mean(row, target)),

    /**
     * How far the nearest known mixtures are, in total variation: the share of the tokens that is exchanged.
     *
     * @returns {{scored: {distance: number, row: number}, reference: ?{distance: number, row: number}}}
     */
    distances(weights) {
      const to = (row) => totalVariation(weights, mixtures[row].weights);
      const nearest = (rows) => {
        const row = d3.least(rows, to);
        return row === undefined ? null : { row, distance: to(row) };
      };
      return { scored: nearest(scored), reference: nearest(payload.references.rows) };
    },
  };
}

/** @returns {Float64Array} a row of a two-dimensional array */
function rowOf(array, row) {
  const width = array.shape[1];
  return array.data.subarray(row * width, (row + 1) * width);
}

/** @returns {number} the sum of values from a position on, times weights */
function weightedSum(values, start, weights) {
  let sum = 0;
  for (let column = 0; column < weights.length; column++) {
    if (weights[column]) sum += weights[column] * values[start + column]; // NaN where a weight is 0 does not count
  }
  return sum;
}

/** @returns {Float64Array} weights given as `[[position, weight], …]` */
function denseWeights(pairs, length) {
  const weights = new Float64Array(length);
  for (const [position, weight] of pairs) weights[position] = weight;
  return weights;
}

/** @returns {number} half of the sum of the differences between two mixtures' weights */
function totalVariation(one, other) {
  let sum = 0;
  for (let unit = 0; unit < one.length; unit++) sum += Math.abs(one[unit] - other[unit]);
  return sum / 2;
}

/** @returns {Float64Array} slider values as weights that sum to 1 */
function normalised(values) {
  const total = values.reduce((sum, value) => sum + value, 0);
  return Float64Array.from(values, (value) => value / total);
}
