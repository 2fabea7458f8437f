/**
 * What the ranked mixtures score on a target.
 *
 * @typedef {Object} Standing
 * @property {Float64Array} target - weights of the domains; they sum to 1
 * @property {Float64Array} scores - expected, of every ranked mixture
 * @property {Uint32Array} order - positions of the mixtures, best first
 * @property {Uint32Array} ranks - of every mixture; the best has 1, and equal scores have the same
 * @property {Map<number, number>} references - position of a mixture → the score of its reference model
 * @property {function(number): ?Interval} interval - of a ranked mixture, given by its position
 * @property {function(number): ?Difference} behind - how much more than the best mixture's the loss of a ranked one is
 * @property {function(number): boolean} isTied - whether a ranked mixture cannot be told apart from the best
 */

/**
 * An expected score and the ends between which 90 % of models that are trained on the mixture would lie.
 *
 * @typedef {{mean: number, low: number, high: number}} Interval
 */

const standings = new WeakMap(); // by the list that gives the target, which never changes

/**
 * @param {Study} study
 * @param {number[]|Float64Array} target - what every domain counts
 * @returns {Standing}
 */
function standingOn(study, target) {
  if (!standings.has(target)) standings.set(target, makeStanding(study, normalised(target)));
  return standings.get(target);
}

function makeStanding(study, target) {
  const scores = Float64Array.from(study.mixtures, (_, row) => study.mean(row, target));
  const order = Uint32Array.from(scores.keys()).sort((one, other) => scores[one] - scores[other]);
  const ranks = new Uint32Array(order.length);
  order.forEach((row, position) => {
    const before = order[position - 1];
    ranks[row] = position && scores[row] === scores[before] ? ranks[before] : position + 1; // equal scores share a rank
  });
  const references = study.references.map(({ row, losses }) => [row, weightedSum(losses, 0, target)]);
  const noise = noiseFloorOn(study, target);
  const [intervals, distances] = [new Map(), new Map()];
  const weightsOf = (row) => study.mixtures[row].weights;
  return {
    target,
    scores,
    order,
    ranks,
    references: new Map(references.filter(([, score]) => Number.isFinite(score))),
    interval(row) {
      if (!intervals.has(row)) intervals.set(row, intervalOf(study, weightsOf(row), target));
      return intervals.get(row);
    },
    behind(row) {
      if (!distances.has(row)) distances.set(row, differenceOf(study, weightsOf(row), weightsOf(order[0]), target));
      return distances.get(row);
    },
    isTied(row) {
      const behind = this.behind(row);
      return behind !== null && behind.mean <= Math.max(study.ties.reach * behind.sd, noise);
    },
  };
}

/** @returns {number} the difference that training with another seed makes on a target; 0 where it is not known */
function noiseFloorOn({ ties: { noise } }, target) {
  if (!noise) return 0;
  const { covariance, reach } = noise;
  const variance = d3.sum(
    target,
    (weight, domain) => weight && weight * weightedSum(covariance.data, domain * target.length, target),
  );
  return reach * Math.sqrt(variance);
}

/**
 * @param {Study} study
 * @param {Float64Array} weights - of any mixture
 * @param {Float64Array} target - weights of the domains; they sum to 1
 * @returns {?Interval} `null` where the page cannot evaluate the predictor
 */
function intervalOf(study, weights, target) {
  if (!study.predictor.joint) return null;
  const { mean, sd } = study.predictor.joint(weights, target);
  return { mean, low: mean - study.z90 * sd, high: mean + study.z90 * sd };
}

/**
 * What a mixture loses against another, and how far that may be off: the standard deviation, and the reach of a 90 %
 * interval to either side.
 *
 * @typedef {{mean: number, sd: number, reach: number}} Difference
 *
 * @returns {?Difference} `null` where the page cannot evaluate the predictor
 */
function differenceOf(study, weights, others, target) {
  if (!study.predictor.difference) return null;
  const { mean, sd } = study.predictor.difference(Float64Array.from(weights), others, target);
  return { mean, sd, reach: study.z90 * sd };
}

/**
 * The mixture that is shown, on a target.
 *
 * @returns {{row: number, weights: Float64Array, score: number, rank: number}} its position, -1 if it is not ranked;
 *     its score, NaN where the page cannot evaluate the predictor; the rank that it has, or would have
 */
function currentOn(study, standing, weights) {
  const row = study.find(weights);
  if (row >= 0) return { row, weights, score: standing.scores[row], rank: standing.ranks[row] };
  const score = intervalOf(study, Float64Array.from(weights), standing.target)?.mean ?? NaN;
  return { row, weights, score, rank: 1 + d3.bisector((other) => standing.scores[other]).left(standing.order, score) };
}

/**
 * A mixture in a few lines: its name, its rank and scores.
 *
 * @param {Study} study
 * @param {Standing} standing
 * @param {number} row - position of a ranked mixture
 * @returns {string[]}
 */
function mixtureLines(study, standing, row) {
  const interval = standing.interval(row);
  const lines = [
    study.mixtures[row].name,
    `rank ${countText(standing.ranks[row])} of ${countText(standing.order.length)}`,
    `predicted ${scoreText(standing.scores[row])}${interval ? `, 90 % interval ${intervalText(interval)}` : ""}`,
  ];
  if (standing.references.has(row)) lines.push(`reference model ${scoreText(standing.references.get(row))}`);
  return lines;
}

/** @returns {string} the ends of an interval */
function intervalText({ low, high }) {
  return `${scoreText(low)} to ${scoreText(high)}`;
}

/** @returns {string} which mixture is the best, and how far the scores reach, in a sentence */
function bestText(study, { scores, order }) {
  const [best, worst] = [order[0], order.at(-1)];
  return `Predicted from ${scoreText(scores[best])}, of ${study.mixtures[best].name}, to ${scoreText(scores[worst])}.`;
}
