// The study's predictor, fitted again in the page: it gives the numbers of `FittedStudy.predictor` in Python.

/**
 * The losses of a mixture on every domain, or on one target.
 * @typedef {{mean: Float64Array, sd: Float64Array}} Prediction `sd`: of what a model really trained on it would show
 */

/**
 * The predictor of a page. Work of more than a moment lets the page react in between.
 * @param {object} fitted `payload.predictor`, unpacked
 * @param {Float64Array[]} mixtures the page's table, see `mixturesOf`
 * @param {Float64Array} components [units, domains], losses of the components, NaN where there is none
 * @param {(share: number) => void} [onProgress] called with the share of the work that is done
 * @returns {Promise<object>} with `predict`, `expected`, `joint`, `joints` and `difference`; or with the `reason` why not
 */
async function makePredictor(fitted, mixtures, components, onProgress = () => {}) {
  if (fitted.reason) return fitted;
  const shared = { mixtures, components, domains: fitted.domains };
  const made = [];
  for (const feature of fitted.features) {
    const before = made.length;
    made.push(await makeFeature(feature, shared, (share) => onProgress((before + share) / fitted.features.length)));
  }
  const features = featuresOf(made, fitted.domains);
  const predictor = fitted.stack ? makeCalibrated(fitted, features) : makeUncalibrated(fitted, features);
  return { name: fitted.name, label: fitted.label, ...predictor };
}

/**
 * A function that joins features of a mixture; a domain that one is not defined on has 0.
 * @param {{losses: function, errors: function}[]} made
 * @param {number} domains
 * @returns {function(Float64Array, boolean=): Features} takes weights, and whether errors are found, which takes longer
 */
function featuresOf(made, domains) {
  const kept = new Map(); // with errors, of the last mixtures: a page asks for many targets of the same one
  return (weights, withErrors = true) => {
    const key = withErrors ? keyOf(weights) : "";
    if (kept.has(key)) return kept.get(key);
    const [values, errors] = [new Float64Array(domains * made.length), new Float64Array(domains * made.length)];
    made.forEach((feature, at) => {
      feature.losses(weights).forEach((loss, domain) => {
        values[domain * made.length + at] = Number.isNaN(loss) ? 0 : loss;
      });
      if (!withErrors) return;
      feature.errors(weights).forEach((error, domain) => (errors[domain * made.length + at] = error));
    });
    const features = { values, roots: weights.map(Math.sqrt), errors };
    if (withErrors) kept.set(key, features);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
    return features;
  };
}

const MOST_KEPT = 50; // mixtures

/**
 * A predictor whose intercept, slopes and intervals were fitted on reference models, `Calibrated` in Python.
 * @param {object} fitted as of `makePredictor`
 * @param {function} features as of `featuresOf`
 */
function makeCalibrated(fitted, features) {
  const { domains, own_errors: own } = fitted;
  const stack = makeStack(fitted.stack);
  const ownErrors = makeOwnErrors({ ...own, roots: fitted.stack.roots });
  const unexplained = fitted.stack.noise.data.map((noise) => noise * fitted.stack.inflation ** 2);
  const withOwn = (mean, roots) => {
    const above = ownErrors.expected(roots);
    return mean.map((loss, domain) => loss + above[domain]);
  };

  return withJoint({
    predict(weights) {
      const at = features(weights);
      const { mean, variance } = stack.predict(at);
      const known = own.share - ownErrors.covariance(at.roots, at.roots);
      const sd = variance.map((value, domain) => Math.sqrt(value - known * unexplained[domain]));
      return { mean: withOwn(mean, at.roots), sd };
    },

    expected(list) {
      return joined(list, domains, (weights) => {
        const at = features(weights, false);
        return withOwn(stack.expected(at), at.roots);
      });
    },

    joints(list, target) {
      const at = list.map((weights) => features(weights));
      const { mean, covariance, noise } = stack.joint(at, target);
      const above = at.map(({ roots }) => dot(ownErrors.expected(roots), 0, target, 0, domains));
      return {
        mean: mean.map((loss, row) => loss + above[row]),
        covariance: covariance.map((value, index) => {
          const [row, column] = [Math.floor(index / list.length), index % list.length];
          return value + noise * ownErrors.covariance(at[row].roots, at[column].roots);
        }),
        noise: (1 - own.share) * noise,
      };
    },
  });
}

/**
 * A single feature as it is, for a study with too few reference models to judge any, `Uncalibrated` in Python.
 * @param {object} fitted as of `makePredictor`
 * @param {function} features as of `featuresOf`
 */
function makeUncalibrated(fitted, features) {
  const { domains, uncalibrated: { offset, error, length } } = fitted;
  const expected = (weights) => features(weights, false).values.map((loss, domain) => loss + offset.data[domain]);

  return withJoint({
    predict(weights) {
      const { errors } = features(weights);
      return { mean: expected(weights), sd: error.data.map((own, domain) => Math.hypot(own, errors[domain])) };
    },

    expected: (list) => joined(list, domains, expected),

    joints(list, target) {
      const roots = list.map((weights) => weights.map(Math.sqrt));
      const variance = dot(target, 0, error.data, 0, domains) ** 2;
      return {
        mean: Float64Array.from(list, (weights) => dot(expected(weights), 0, target, 0, domains)),
        covariance: Float64Array.from(roots.flatMap((first) =>
          roots.map((second) => variance * alike(first, second, length)[0]),
        )),
        noise: 0,
      };
    },
  });
}

/**
 * A predictor with what follows from its `joints`.
 * @param {{predict: function, expected: function, joints: function}} predictor
 */
function withJoint(predictor) {
  return {
    ...predictor,

    /**
     * @param {Float64Array} weights [units]
     * @param {Float64Array} target [domains], weights that sum to 1
     * @returns {{mean: number, sd: number}} of the mixture's loss on the target
     */
    joint(weights, target) {
      const { mean, covariance, noise } = predictor.joints([weights], target);
      return { mean: mean[0], sd: Math.sqrt(covariance[0] + noise) };
    },

    /**
     * @param {Float64Array} first [units]
     * @param {Float64Array} second [units]
     * @param {Float64Array} target [domains], weights that sum to 1
     * @returns {{mean: number, sd: number}} of the expected loss of the first mixture less that of the second
     */
    difference(first, second, target) {
      if (keyOf(first) === keyOf(second)) return { mean: 0, sd: 0 };
      const { mean, covariance } = predictor.joints([first, second], target);
      return {
        mean: mean[0] - mean[1],
        sd: Math.sqrt(Math.max(covariance[0] + covariance[3] - 2 * covariance[1], 0)),
      };
    },
  };
}

/**
 * @param {Float64Array[]} list of mixtures' weights
 * @param {number} domains
 * @param {function(Float64Array): Float64Array} expected gives [domains]
 * @returns {Float64Array} [mixtures, domains]
 */
function joined(list, domains, expected) {
  const found = new Float64Array(list.length * domains);
  list.forEach((weights, row) => found.set(expected(weights), row * domains));
  return found;
}
