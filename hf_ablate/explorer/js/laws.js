// Laws, each a function from weights to losses: `hf_ablate/prediction/laws/` explains them.

/**
 * The law of a payload.
 * @param {object} fitted unpacked; `kind` says which law it is
 * @returns {{losses: function}} whose `losses` takes weights, [units], and gives [domains]
 */
function makeLaw(fitted) {
  return { exponential_law: makeExponentialLaw, power_law: makePowerLaw, process: makeLawProcess }[fitted.kind](fitted);
}

/**
 * c + k exp(Σ t w), for each domain.
 * @param {object} fitted `floors` and `log_gaps`: [domains]; `rates`: [units, domains]
 * @returns {{losses: function}}
 */
function makeExponentialLaw({ floors, log_gaps: logGaps, rates }) {
  return {
    losses(weights) {
      return componentMean(weights, rates.data).map(
        (sum, domain) => floors.data[domain] + Math.exp(logGaps.data[domain] + sum),
      );
    },
  };
}

/**
 * c + Σ a w^p, for each domain.
 * @param {object} fitted `exponents` and `intercepts`: [domains]; `coefficients`: [units, domains]
 * @returns {{losses: function}}
 */
function makePowerLaw({ exponents, intercepts, coefficients }) {
  const domains = exponents.data.length;
  return {
    losses(weights) {
      return exponents.data.map((exponent, domain) => {
        let sum = intercepts.data[domain];
        weights.forEach((weight, unit) => (sum += coefficients.data[unit * domains + domain] * weight ** exponent));
        return sum;
      });
    },
  };
}

/**
 * A Gaussian process for each domain, with a length scale for each unit.
 * @param {object} fitted `roots`: [runs, units], square roots of weights; `influence`: [domains, runs]; `lengths`:
 *   [domains, units]; `variances`, `noises`, `means` and `deviations`: [domains]; `jitter`: added to the noise
 * @returns {{losses: function, factorise: function, sd: function}}
 */
function makeLawProcess(fitted) {
  const [runs, units] = fitted.roots.shape;
  const domains = fitted.means.data.length;
  const { data: roots } = fitted.roots;
  const lengthsOf = (domain) => fitted.lengths.data.subarray(domain * units, (domain + 1) * units);
  /** The kernel of a domain between a mixture and the first runs, as many as `found` has room for. */
  const kernelsOf = (own, domain, found = new Float64Array(runs)) => {
    const lengths = lengthsOf(domain);
    for (let run = 0; run < found.length; run++) {
      let sum = 0;
      for (let unit = 0; unit < units; unit++) sum += ((own[unit] - roots[run * units + unit]) / lengths[unit]) ** 2;
      found[run] = fitted.variances.data[domain] * matern(Math.sqrt(sum));
    }
    return found;
  };
  let factors = null;

  return {
    losses(weights) {
      const own = weights.map(Math.sqrt);
      return fitted.means.data.map((mean, domain) =>
        mean + fitted.deviations.data[domain] * dot(kernelsOf(own, domain), 0, fitted.influence.data, domain * runs, runs),
      );
    },

    /** Prepares `sd`. */
    async factorise(onProgress) {
      factors = [];
      for (let domain = 0; domain < domains; domain++) {
        const factor = new Float64Array(startOfRow(runs));
        const fill = (run, found) => kernelsOf(roots.subarray(run * units, (run + 1) * units), domain, found);
        await inSlices(kernelRows(factor, runs, fill, fitted.noises.data[domain] + fitted.jitter), () => {});
        await inSlices(choleskyRows(factor, runs), () => onProgress(domain / domains));
        factors.push(factor);
      }
    },

    /** Standard deviations of what a model trained on the mixture would show: [domains]. */
    sd(weights) {
      const own = weights.map(Math.sqrt);
      return Float64Array.from(factors, (factor, domain) => {
        const left = kernelsOf(own, domain);
        solveForward(factor, left);
        const prior = fitted.variances.data[domain] + fitted.noises.data[domain];
        return fitted.deviations.data[domain] * Math.sqrt(Math.max(prior - dot(left, 0, left, 0, runs), 0));
      });
    },
  };
}

/**
 * The mean of several laws, by their shares, and what the process says of new ground.
 * @param {object} fitted `laws`: by name; `shares`: [laws, domains]; `error`: [domains]
 * @param {(share: number) => void} onProgress
 * @returns {Promise<{losses: function, errors: function}>}
 */
async function makeAveragedLaws({ laws, shares, error }, onProgress) {
  const domains = error.data.length;
  const made = Object.fromEntries(laws.map((fitted) => [fitted.kind, makeLaw(fitted)]));
  await made.process.factorise(onProgress);
  return {
    losses(weights) {
      const mean = new Float64Array(domains);
      Object.values(made).forEach((law, index) => {
        law.losses(weights).forEach((loss, domain) => (mean[domain] += shares.data[index * domains + domain] * loss));
      });
      return mean;
    },

    errors(weights) {
      return made.process.sd(weights).map(
        (deviation, domain) => Math.sqrt(Math.max(deviation ** 2 - error.data[domain] ** 2, 0)),
      );
    },
  };
}

/**
 * The laws of another scale, with differences shrunk as between the scales.
 * @param {object} fitted `laws`: as of `makeAveragedLaws`; `center` and `shrinkage`: [domains]
 * @param {(share: number) => void} onProgress
 * @returns {Promise<{losses: function, errors: function}>}
 */
async function makeOtherScale({ laws, center, shrinkage }, onProgress) {
  const made = await makeAveragedLaws(laws, onProgress);
  const shrunk = (value, domain) => shrinkage.data[domain] * value;
  return {
    losses: (weights) =>
      made.losses(weights).map((loss, domain) => center.data[domain] + shrunk(loss - center.data[domain], domain)),
    errors: (weights) => made.errors(weights).map(shrunk),
  };
}
