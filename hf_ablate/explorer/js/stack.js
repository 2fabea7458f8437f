// The stack, fitted again: `hf_ablate/prediction/stack.py` explains the model.

/**
 * What the stack combines, of one mixture.
 * @typedef {object} Features
 * @property {Float64Array} values [domains, features]
 * @property {Float64Array} roots [units], square roots of the weights
 * @property {Float64Array} errors [domains, features], standard deviations
 */

/**
 * The stack: for each domain a Gaussian process whose covariance is that of slopes of standardised features, of a
 * surface on the square roots of the weights, and of an intercept, all as shares of the noise.
 * @param {object} fitted `stack` of the page's predictor, unpacked
 * @returns {{predict: function, expected: function, joint: function}}
 */
function makeStack(fitted) {
  const [references, domains, count] = fitted.values.shape;
  const { slope_variance: slopeVariance, surface, intercept, inflation } = fitted;
  const [level, noise, weights, center, spread] =
    ["level", "noise", "weights", "center", "spread"].map((name) => fitted[name].data);
  const [slopesExpected, correlation, known] =
    ["expected", "correlation", "roots"].map((name) => fitted[name].data);

  const standardOf = (values, domain, feature) =>
    (values[domain * count + feature] - center[domain * count + feature]) / spread[domain * count + feature];

  // [domains, references, features]
  const standard = new Float64Array(domains * references * count);
  for (let reference = 0; reference < references; reference++) {
    const values = fitted.values.data.subarray(reference * domains * count, (reference + 1) * domains * count);
    for (let domain = 0; domain < domains; domain++) {
      for (let feature = 0; feature < count; feature++) {
        standard[(domain * references + reference) * count + feature] = standardOf(values, domain, feature);
      }
    }
  }
  const inverses = Array.from({ length: domains }, () => null);
  const base = inverseOfSurface(known, references, surface, intercept);
  const bounds = fitted.is_bounded ? boundsOf(fitted.values) : null;

  /** The inverse of the covariance of the references on a domain, [references, references], made when first asked for. */
  function inverseOf(domain) {
    const size = references * count;
    const own = standard.subarray(domain * size, (domain + 1) * size);
    return (inverses[domain] ??= withSlopes(base, own, references, count, slopeVariance));
  }

  const weightsOf = (domain) => weights.subarray(domain * references, (domain + 1) * references);

  // [domains, features], the change of each domain's loss with each feature
  const slopes = slopesExpected.map((slope, index) => {
    const [domain, feature] = [Math.floor(index / count), index % count];
    const sum = weightsOf(domain).reduce((sum, weight, reference) =>
      sum + weight * standard[(domain * references + reference) * count + feature], 0);
    return slope + (slopeVariance * sum) / spread[index];
  });
  // [domains], what is expected where all features are 0 and there is no surface
  const constants = level.map((value, domain) => {
    let constant = value + intercept * weightsOf(domain).reduce((sum, weight) => sum + weight, 0);
    for (let index = domain * count; index < (domain + 1) * count; index++) {
      constant -= (slopes[index] - slopesExpected[index]) * center[index];
    }
    return constant;
  });

  /** The covariance of a mixture with each reference on a domain, as a share of the noise: [references]. */
  function sharedWith(values, onSurface, domain) {
    return onSurface.map((shared, reference) => {
      let sum = shared + intercept;
      for (let feature = 0; feature < count; feature++) {
        const own = standard[(domain * references + reference) * count + feature];
        sum += slopeVariance * standardOf(values, domain, feature) * own;
      }
      return sum;
    });
  }

  const surfaceAt = (roots) => alike(roots, known, surface[1]).map((similarity) => surface[0] * similarity);

  /** What is expected of a domain, given what is shared with the references on the surface. */
  function meanOf(values, onSurface, domain) {
    const surfaces = surface[0] ? dot(onSurface, 0, weights, domain * references, references) : 0;
    return constants[domain] + surfaces + dot(values, domain * count, slopes, domain * count, count);
  }

  /** The variance that the errors of the features give the loss of a domain. */
  function ofFeatures(errors, domain) {
    let variance = 0;
    for (let feature = 0; feature < count; feature++) {
      variance += (slopes[domain * count + feature] * errors[domain * count + feature]) ** 2;
    }
    return variance;
  }

  /** The covariance of two mixtures' losses on a domain, as a share of the noise. */
  function between(first, second, similarity, domain) {
    let sum = surface[0] * similarity + intercept;
    for (let feature = 0; feature < count; feature++) {
      sum += slopeVariance * standardOf(first.values, domain, feature) * standardOf(second.values, domain, feature);
    }
    return sum;
  }

  const held = (features) => (bounds ? within(features, bounds) : features);

  return {
    /**
     * @param {Features} features of a mixture; their errors do not matter
     * @returns {Float64Array} [domains]
     */
    expected(features) {
      const { values, roots } = held(features);
      const onSurface = surfaceAt(roots);
      return level.map((_, domain) => meanOf(values, onSurface, domain));
    },

    /**
     * @param {Features} features of a mixture
     * @returns {{mean: Float64Array, variance: Float64Array}} [domains] each
     */
    predict(features) {
      const bounded = held(features);
      const onSurface = surfaceAt(bounded.roots);
      const [mean, variance] = [new Float64Array(domains), new Float64Array(domains)];
      for (let domain = 0; domain < domains; domain++) {
        const shared = sharedWith(bounded.values, onSurface, domain);
        const own = 1 + between(bounded, bounded, 1, domain) - quadraticForm(shared, inverseOf(domain), shared);
        mean[domain] = meanOf(bounded.values, onSurface, domain);
        variance[domain] = inflation ** 2 * noise[domain] * Math.max(own, 1) + ofFeatures(bounded.errors, domain);
      }
      return { mean, variance };
    },

    /**
     * The losses of mixtures on a target, with the covariance of their errors, without the noise of training.
     * @param {Features[]} mixtures
     * @param {Float64Array} target [domains]
     * @returns {{mean: Float64Array, covariance: Float64Array, noise: number}} [mixtures], [mixtures, mixtures]
     */
    joint(mixtures, target) {
      const features = mixtures.map(held);
      const surfaces = features.map(({ roots }) => surfaceAt(roots));
      const size = features.length;
      const [mean, covariance] = [new Float64Array(size), new Float64Array(size * size)];
      const deviations = target.map((weight, domain) => weight * Math.sqrt(noise[domain]));
      const total = Math.max(dot(deviations, 0, deviations, 0, domains), 1e-300);
      for (let domain = 0; domain < domains; domain++) {
        if (target[domain] === 0) continue;
        const shared = features.map(({ values }, row) => sharedWith(values, surfaces[row], domain));
        for (let row = 0; row < size; row++) {
          mean[row] += target[domain] * meanOf(features[row].values, surfaces[row], domain);
          for (let column = 0; column <= row; column++) {
            const similarity = alike(features[row].roots, features[column].roots, surface[1])[0];
            const own =
              between(features[row], features[column], similarity, domain) -
              quadraticForm(shared[row], inverseOf(domain), shared[column]);
            covariance[row * size + column] += (deviations[domain] ** 2 / total) * own;
          }
        }
      }
      const ofNoise = quadraticForm(deviations, correlation, deviations) * inflation ** 2;
      for (let row = 0; row < size; row++) {
        for (let column = 0; column <= row; column++) {
          covariance[row * size + column] *= ofNoise;
          covariance[column * size + row] = covariance[row * size + column];
        }
        // The same error on all domains.
        const errors = target.map((weight, domain) => weight * Math.sqrt(ofFeatures(features[row].errors, domain)));
        covariance[row * size + row] += errors.reduce((sum, error) => sum + error, 0) ** 2;
      }
      return { mean, covariance, noise: ofNoise };
    },
  };
}

/**
 * The inverse of the covariance of references without their features.
 * @param {Float64Array} roots [references, units]
 * @param {number} references
 * @param {number[]} surface its variance, as a share of the noise, and its length scale
 * @param {number} intercept its variance, likewise
 * @returns {Float64Array} [references, references]
 */
function inverseOfSurface(roots, references, [variance, length], intercept) {
  const units = roots.length / references;
  const covariance = new Float64Array(references * references);
  for (let row = 0; row < references; row++) {
    const similarities = alike(roots.subarray(row * units, (row + 1) * units), roots, length);
    covariance.set(similarities.map((similarity) => variance * similarity + intercept), row * references);
    covariance[row * references + row] += 1;
  }
  return inverted(covariance, references);
}

/**
 * The inverse of a covariance to which that of features is added, by Woodbury's identity.
 * @param {Float64Array} inverse [references, references], of the covariance without them
 * @param {Float64Array} standard [references, features], standardised
 * @param {number} references
 * @param {number} count of features
 * @param {number} slopeVariance
 * @returns {Float64Array} [references, references]
 */
function withSlopes(inverse, standard, references, count, slopeVariance) {
  const influence = new Float64Array(references * count);
  for (let row = 0; row < references; row++) {
    for (let reference = 0; reference < references; reference++) {
      for (let feature = 0; feature < count; feature++) {
        influence[row * count + feature] += inverse[row * references + reference] * standard[reference * count + feature];
      }
    }
  }
  const inner = new Float64Array(count * count);
  for (let first = 0; first < count; first++) {
    for (let second = 0; second < count; second++) {
      let sum = first === second ? 1 / slopeVariance : 0;
      for (let row = 0; row < references; row++) sum += standard[row * count + first] * influence[row * count + second];
      inner[first * count + second] = sum;
    }
  }
  const ofInner = inverted(inner, count);
  const whole = inverse.slice();
  for (let row = 0; row < references; row++) {
    const own = influence.subarray(row * count, (row + 1) * count);
    for (let column = 0; column < references; column++) {
      whole[row * references + column] -= quadraticForm(
        own, ofInner, influence.subarray(column * count, (column + 1) * count),
      );
    }
  }
  return whole;
}

/**
 * @param {Float64Array} first
 * @param {Float64Array} matrix [length of `first`, length of `second`]
 * @param {Float64Array} second
 * @returns {number} firstᵀ matrix second
 */
function quadraticForm(first, matrix, second) {
  let sum = 0;
  for (let row = 0; row < first.length; row++) {
    sum += first[row] * dot(matrix, row * second.length, second, 0, second.length);
  }
  return sum;
}

/**
 * The least and the largest value of each feature at the references.
 * @param {{shape: number[], data: Float64Array}} values [references, domains, features]
 * @returns {{low: Float64Array, high: Float64Array}} [domains, features]
 */
function boundsOf({ shape, data }) {
  const size = shape[1] * shape[2];
  const [low, high] = [new Float64Array(size).fill(Infinity), new Float64Array(size).fill(-Infinity)];
  data.forEach((value, index) => {
    low[index % size] = Math.min(low[index % size], value);
    high[index % size] = Math.max(high[index % size], value);
  });
  return { low, high };
}

/**
 * Features held within bounds, with errors that grow beyond them, `Features.within` in Python.
 * @param {Features} features
 * @param {{low: Float64Array, high: Float64Array}} bounds
 * @returns {Features}
 */
function within({ values, roots, errors }, { low, high }) {
  const held = values.map((value, index) => Math.min(Math.max(value, low[index]), high[index]));
  const beyond = held.map((value, index) => Math.sqrt((high[index] - low[index]) * Math.abs(values[index] - value)));
  return { values: held, roots, errors: beyond.map((error, index) => Math.hypot(error, errors[index])) };
}
