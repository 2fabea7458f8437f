// What a predictor gets wrong at single mixtures: `hf_ablate/prediction/own_errors.py` explains it.

/**
 * Errors that mixtures share with their neighbours only, seen in the residuals of the references.
 * @param {object} fitted unpacked
 * @param {{data: Float64Array}} fitted.roots [references, units], square roots of weights
 * @param {{data: Float64Array, shape: number[]}} fitted.residuals [references, domains]
 * @param {number} fitted.share of what is unexplained that is error, the rest being noise
 * @param {number} fitted.length within which mixtures share their errors
 * @returns {{expected: function, covariance: function}}
 */
function makeOwnErrors({ roots, residuals, share, length }) {
  const [references, domains] = residuals.shape;
  const units = roots.data.length / references;
  const observed = new Float64Array(references * references);
  for (let row = 0; row < references; row++) {
    const similarities = alike(roots.data.subarray(row * units, (row + 1) * units), roots.data, length);
    observed.set(similarities.map((similarity) => share * similarity), row * references);
    observed[row * references + row] += 1 - share;
  }
  const factor = cholesky(observed, references);
  const gain = (similarities) => {
    const gained = similarities.map((similarity) => share * similarity);
    solveForward(factor, gained);
    solveBackward(factor, gained);
    return gained;
  };

  return {
    /**
     * What the losses of a mixture are above the prediction.
     * @param {Float64Array} own [units], square roots of weights
     * @returns {Float64Array} [domains]
     */
    expected(own) {
      const expected = new Float64Array(domains);
      gain(alike(own, roots.data, length)).forEach((gained, reference) => {
        for (let domain = 0; domain < domains; domain++) {
          expected[domain] += gained * residuals.data[reference * domains + domain];
        }
      });
      return expected;
    },

    /**
     * How uncertain that is, as a share of what is unexplained.
     * @param {Float64Array} first [units], square roots of weights
     * @param {Float64Array} second likewise
     * @returns {number} the covariance of the two mixtures
     */
    covariance(first, second) {
      const known = dot(gain(alike(first, roots.data, length)), 0, alike(second, roots.data, length), 0, references);
      return share * (alike(first, second, length)[0] - known);
    },
  };
}
