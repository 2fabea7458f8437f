// What a predictor combines: for each feature, functions from weights to losses and to their errors.

/**
 * A feature of the page's predictor.
 * @param {object} fitted unpacked; `kind` says what it is
 * @param {object} shared
 * @param {Float64Array[]} shared.mixtures those that rows refer to, see `mixturesOf`
 * @param {Float64Array} shared.components [units, domains], losses
 * @param {number} shared.domains how many
 * @param {(share: number) => void} onProgress
 * @returns {Promise<{losses: function, errors: function}>} both take weights, [units], and give [domains]
 */
async function makeFeature(fitted, shared, onProgress) {
  const { components, domains } = shared;
  const exact = (losses) => ({ losses, errors: () => new Float64Array(domains) });
  switch (fitted.kind) {
    case "surrogate": return makeSurrogate(fitted, shared, onProgress);
    case "regrouped": return ofGroups(await makeFeature(fitted.feature, shared, onProgress), fitted.members);
    case "pieced": return makePieced(fitted.pieces, shared, onProgress);
    case "other_scale": return makeOtherScale(fitted, onProgress);
    case "laws": return makeAveragedLaws(fitted, onProgress);
    case "soft_minimum": return exact((weights) => softMinimum(weights, components, fitted.sharpness));
    case "component_mean": return exact((weights) => componentMean(weights, components));
    case "component_min": return exact((weights) => componentMinimum(weights, components));
    case "own_domain_weight": return exact((weights) => ownWeight(weights, fitted.own_units));
    case "number_of_units":
      return exact((weights) => new Float64Array(domains).fill(-weights.filter((weight) => weight > 0).length));
    default: return exact(makeLaw(fitted).losses);
  }
}

/**
 * A feature that other features each give some domains of; NaN, with errors of 0, on those that none gives.
 * @param {{feature: object, taken: number[], given: number[]}[]} pieces `taken`: domains of the feature; `given`: what
 *   they are in the whole
 * @param {object} shared as of `makeFeature`
 * @param {(share: number) => void} onProgress
 * @returns {Promise<{losses: function, errors: function}>}
 */
async function makePieced(pieces, shared, onProgress) {
  const made = [];
  for (const { feature } of pieces) {
    const before = made.length;
    made.push(await makeFeature(feature, shared, (share) => onProgress((before + share) / pieces.length)));
  }
  const whole = (ask, missing) => {
    const values = new Float64Array(shared.domains).fill(missing);
    pieces.forEach(({ taken, given }, piece) => {
      const own = ask(made[piece]);
      taken.forEach((domain, index) => (values[given[index]] = own[domain]));
    });
    return values;
  };
  return {
    losses: (weights) => whole((feature) => feature.losses(weights), NaN),
    errors: (weights) => whole((feature) => feature.errors(weights), 0),
  };
}

/**
 * A macro proxy: the proxy of the mixture in which every group has the same weight.
 * @param {{losses: function, errors: function}} proxy
 * @param {{shape: number[], data: Uint8Array}} members [units, groups], 1 where a unit is in a group
 * @returns {{losses: function, errors: function}}
 */
function ofGroups(proxy, members) {
  return {
    losses: (weights) => proxy.losses(regrouped(weights, members)),
    errors: (weights) => proxy.errors(regrouped(weights, members)),
  };
}

/**
 * The mixture in which every group has the same weight, and a group's units share it as they do in this one.
 * @param {Float64Array} weights [units]
 * @param {{shape: number[], data: Uint8Array}} members [units, groups], 1 where a unit is in a group
 * @returns {Float64Array} [units]
 */
function regrouped(weights, { shape: [units, groups], data }) {
  const shares = new Float64Array(groups);
  for (let unit = 0; unit < units; unit++) {
    for (let group = 0; group < groups; group++) shares[group] += weights[unit] * data[unit * groups + group];
  }
  const present = shares.filter((share) => share > 0).length;
  return weights.map((weight, unit) => {
    const share = shares.reduce((sum, own, group) => sum + own * data[unit * groups + group], 0);
    return weight > 0 ? weight / (present * share) : 0;
  });
}
