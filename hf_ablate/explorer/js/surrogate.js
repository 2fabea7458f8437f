// The surrogate of a proxy, fitted again: `hf_ablate/prediction/surrogate.py` explains the model.

/**
 * A proxy's scores for any mixture: exact where it was scored, predicted elsewhere.
 * @param {object} fitted a feature of kind `surrogate` of the page's predictor, unpacked
 * @param {object} shared as of `makeFeature`
 * @param {(share: number) => void} onProgress
 * @returns {Promise<{losses: function, errors: function}>}
 */
async function makeSurrogate(fitted, { mixtures, components }, onProgress) {
  const domains = fitted.process.mean.data.length;
  const known = Array.from(fitted.rows.data, (row) => rounded(mixtures[row]));
  const rows = new Map(known.map((weights, index) => [keyOf(weights), index]));

  const convert = fitted.logarithmic ? Math.log : (loss) => loss;
  const revert = fitted.logarithmic ? Math.exp : (value) => value;
  const own = columnsOf(components, mixtures[0].length, fitted.first, domains).map(convert);
  const scores = scoresOf(fitted.scores, known, own).map(revert);
  const scoresAt = (index) => scores.subarray(index * domains, (index + 1) * domains);
  /** What is known of a mixture before anything is learned: [domains]. */
  const start = (weights) =>
    fitted.is_softened ? softMinimum(weights, own, fitted.sharpness) : new Float64Array(domains);

  const learned = Array.from(fitted.fitted.data, (index) => ({ weights: known[index], scores: scoresAt(index) }));
  const values = learned.map(({ weights, scores }) => {
    const before = start(weights);
    return scores.map((score, domain) => convert(score) - before[domain]);
  });
  const seen = new Uint8Array(mixtures[0].length);
  for (const { weights } of learned) weights.forEach((weight, unit) => (seen[unit] ||= weight > 0));
  const inputsOf = (weights) => (fitted.with_roots ? Float64Array.from([...weights, ...weights.map(Math.sqrt)]) : weights);
  const process = await makeProcess(
    { ...fitted.process, inputs: learned.map(({ weights }) => inputsOf(weights)), values }, onProgress,
  );

  const isUnknown = (weights) => weights.some((weight, unit) => weight > 0 && !seen[unit]);
  /** What was scored of a mixture: [domains], NaN where nothing was. */
  const scored = (weights) => {
    const index = rows.get(keyOf(weights));
    return index === undefined ? new Float64Array(domains).fill(NaN) : scoresAt(index);
  };
  const predicted = (weights) => {
    if (isUnknown(weights)) return new Float64Array(domains).fill(NaN);
    const before = start(weights);
    return process.mean(inputsOf(weights)).map((value, domain) => revert(value + before[domain]));
  };

  return {
    /**
     * @param {Float64Array} weights [units]
     * @returns {Float64Array} [domains]; NaN for a mixture with a unit that nothing is known of
     */
    losses(weights) {
      const known = scored(weights);
      if (!known.some(Number.isNaN)) return known;
      const others = predicted(weights);
      return known.map((score, domain) => (Number.isNaN(score) ? others[domain] : score));
    },

    /**
     * @param {Float64Array} weights [units]
     * @returns {Float64Array} [domains], standard deviations: 0 where the proxy was scored
     */
    errors(weights) {
      const known = scored(weights);
      if (!known.some(Number.isNaN)) return new Float64Array(domains);
      const deviation = isUnknown(weights) ? new Float64Array(domains).fill(NaN) : process.sd(inputsOf(weights));
      const scale = fitted.logarithmic ? predicted(weights) : null;
      return known.map((score, domain) => {
        if (!Number.isNaN(score)) return 0;
        return scale ? deviation[domain] * scale[domain] : deviation[domain];
      });
    },
  };
}

/**
 * The Gaussian process of a surrogate: a quadratic form for the trend, a Matérn 5/2 process for the rest.
 * @param {object} fitted
 * @param {Float64Array[]} fitted.inputs of each mixture that is learned from
 * @param {Float64Array[]} fitted.values of each, [domains]
 * @param {number} fitted.trend the variance of the trend
 * @param {number} fitted.offset the variance that is added to inner products in the trend
 * @param {number} fitted.rest the variance of the rest
 * @param {number} fitted.length its length scale
 * @param {number} fitted.jitter what is added to the variance of the points
 * @param {{data: Float64Array}} fitted.mean [domains], of the values
 * @param {{data: Float64Array}} fitted.deviation [domains], what they are divided by
 * @param {(share: number) => void} onProgress
 * @returns {Promise<{mean: function, sd: function}>}
 */
async function makeProcess({ inputs, values, trend, offset, rest, length, jitter, mean, deviation }, onProgress) {
  const [size, width, domains] = [inputs.length, inputs[0].length, mean.data.length];
  const columns = new Float64Array(width * size); // [inputs, points]
  inputs.forEach((point, row) => point.forEach((value, input) => (columns[input * size + row] = value)));
  const squares = Float64Array.from(inputs, (point) => dot(point, 0, point, 0, width));
  /** The kernel between a point and the first of those that are learned from, as many as `found` has room for. */
  const kernelsOf = (point, found) => {
    found.fill(0);
    for (let input = 0; input < width; input++) {
      const value = point[input];
      if (value === 0) continue; // as most weights of most mixtures are
      const start = input * size;
      for (let row = 0; row < found.length; row++) found[row] += value * columns[start + row];
    }
    const square = dot(point, 0, point, 0, width);
    for (let row = 0; row < found.length; row++) {
      const squared = Math.max(square + squares[row] - 2 * found[row], 0);
      found[row] = trend * (found[row] + offset) ** 2 + rest * matern(Math.sqrt(squared) / length);
    }
    return found;
  };

  const factor = new Float64Array(startOfRow(size));
  const pairs = kernelRows(factor, size, (row, found) => kernelsOf(inputs[row], found), jitter);
  const influence = []; // [domains, points]
  function* solvedColumns() {
    for (let domain = 0; domain < domains; domain++) {
      const column = Float64Array.from(values, (own) => (own[domain] - mean.data[domain]) / deviation.data[domain]);
      solveForward(factor, column);
      solveBackward(factor, column);
      influence.push(column);
      yield (domain + 1) / domains;
    }
  }
  await inSlices(pairs, (share) => onProgress(0.2 * share));
  await inSlices(choleskyRows(factor, size), (share) => onProgress(0.2 + 0.5 * share));
  await inSlices(solvedColumns(), (share) => onProgress(0.7 + 0.3 * share));

  return {
    /** The expected values of a point: [domains]. */
    mean(point) {
      const shared = kernelsOf(point, new Float64Array(size));
      return Float64Array.from(influence, (own, domain) =>
        mean.data[domain] + deviation.data[domain] * dot(shared, 0, own, 0, size),
      );
    },

    /** Their standard deviations: [domains]. */
    sd(point) {
      const left = kernelsOf(point, new Float64Array(size));
      solveForward(factor, left);
      const own = trend * (dot(point, 0, point, 0, width) + offset) ** 2 + rest;
      const variance = Math.max(own - dot(left, 0, left, 0, size), 0);
      return deviation.data.map((scale) => scale * Math.sqrt(variance));
    },
  };
}
