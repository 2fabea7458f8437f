/** What is predicted of a mixture, and what it is compared with. */

/**
 * What is predicted of a mixture on a target.
 *
 * @param {Study} study
 * @param {number[]|Float64Array} weights
 * @param {Float64Array} target - weights of the domains; they sum to 1
 * @returns {Interval} NaN where nothing is known; without ends where the page cannot evaluate the predictor
 */
function predictedOn(study, weights, target) {
  if (study.predictor.joint) return intervalOf(study, Float64Array.from(weights), target);
  const row = study.find(weights);
  return { mean: row < 0 ? NaN : study.mean(row, target), low: NaN, high: NaN };
}

/** @returns {Interval[]} the same for every domain */
function predictedOnDomains(study, weights) {
  if (!study.predictor.predict) {
    return study.domains.map((_, domain) =>
      predictedOn(study, weights, denseWeights([[domain, 1]], study.domains.length)),
    );
  }
  const { mean, sd } = study.predictor.predict(Float64Array.from(weights));
  return study.domains.map((_, domain) => {
    const reach = study.z90 * sd[domain];
    return { mean: mean[domain], low: mean[domain] - reach, high: mean[domain] + reach };
  });
}

/**
 * The mixture that others are compared with.
 *
 * @param {Study} study
 * @param {string} name - of a preset, or the id of a ranked mixture
 * @returns {{label: string, weights: Float64Array}}
 */
function baselineOf(study, name) {
  if (name in study.presets) return { label: PRESETS[name], weights: study.presets[name] };
  const { name: label, weights } = study.mixtures.find((mixture) => mixture.id === name);
  return { label, weights };
}

const PRESETS = { uniform: "equal shares", tokens: "shares of the available tokens" };

/** @returns {?Float64Array} the losses of the reference model of a mixture, if there is one */
function measuredOf(study, weights) {
  const row = study.find(weights);
  return study.references.find((reference) => reference.row === row)?.losses ?? null;
}

/** @returns {string} what people read for a target */
function targetLabel(study, target) {
  const known = study.targets.find(({ weights }) => sameNumbers(weights, target));
  if (known) return known.label;
  return `own weights of ${counted(target.filter((weight) => weight > 0).length, "domain")}`;
}

/** @returns {string} what people read for the mixture that is shown */
function mixtureLabel(study, weights) {
  const row = study.find(weights);
  return row < 0 ? "Your own mixture" : study.mixtures[row].name;
}

/** @returns {[string, number[]][]} the sources, with the positions of their domains */
function domainsBySource(study) {
  return d3.groups(d3.range(study.domains.length), (domain) => study.domains[domain].split("/")[0]);
}
