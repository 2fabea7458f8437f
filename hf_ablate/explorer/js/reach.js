/**
 * How far a prediction reaches: how far the mixture is from those that it was learned from.
 *
 * A predictor was checked on mixtures that are as far from the others as they are from each other, so further than
 * almost all of these are from their nearest is further than it was ever checked (the "area of applicability" of Meyer
 * and Pebesma, 2021, who take the same distances).
 */

const ALMOST_ALL = 0.95;
const MOST_COMPARED = 100; // of thousands of mixtures, whose distances to all others tell as much

/**
 * @param {Study} study
 * @returns {{scored: number, reference: number}} distances beyond which a mixture is far; NaN for fewer than two
 */
function farFrom(study) {
  const spacing = (rows) => {
    const some = rows.filter((_, place) => place % Math.ceil(rows.length / MOST_COMPARED) === 0);
    const nearest = some.map((row) =>
      d3.min(rows, (other) =>
        other === row ? undefined : totalVariation(study.mixtures[row].weights, study.mixtures[other].weights),
      ),
    );
    return d3.quantile(nearest, ALMOST_ALL) ?? NaN;
  };
  return { scored: spacing(study.scored), reference: spacing(study.references.map(({ row }) => row)) };
}

/**
 * Sentences about it.
 *
 * @param {Study} study
 * @param {number[]} weights
 * @param {{scored: number, reference: number}} far - as [`farFrom`] gives
 * @returns {{isFar: boolean, sentences: string[]}}
 */
function reachOf(study, weights, far) {
  const { scored, reference } = study.distances(weights);
  const sentences = [];
  if (scored) {
    sentences.push(
      scored.distance < 1e-9
        ? "A proxy was scored for this very mixture."
        : "The nearest mixture that a proxy was scored for exchanges " +
            `${percentText(scored.distance)} of the tokens (${study.mixtures[scored.row].name}).`,
    );
  }
  if (!reference) sentences.push("There is no reference model to check the prediction against.");
  else if (reference.distance < 1e-9) sentences.push("A reference model was trained on this very mixture.");
  else {
    sentences.push(
      `The nearest reference model exchanges ${percentText(reference.distance)} ` +
        `(${study.mixtures[reference.row].name}).`,
    );
  }
  const unknown = unknownUnits(study, weights);
  if (unknown.length) sentences.unshift(unknownText(unknown));
  const isFar = scored?.distance > far.scored + 1e-9 || reference?.distance > far.reference + 1e-9;
  if (isFar) {
    sentences.unshift(
      "This mixture is further from what was tried than nearly all of that is from each other: the predictor " +
        "extrapolates, and its interval may be too narrow.",
    );
  }
  return { isFar: isFar || unknown.length > 0, sentences };
}

/** @returns {string[]} units with a weight that nothing is known of: no component, and no mixture that was tried */
function unknownUnits(study, weights) {
  const tried = [...study.scored, ...study.references.map(({ row }) => row)];
  return study.units.filter((_, unit) => {
    const hasComponent = rowOf(study.components, unit).some(Number.isFinite);
    return weights[unit] > 0 && !hasComponent && !tried.some((row) => study.mixtures[row].weights[unit] > 0);
  });
}

/** @returns {string} a sentence about them */
function unknownText(units) {
  return `Nothing is known of ${units.join(", ")}: no model that was scored had any of it.`;
}
