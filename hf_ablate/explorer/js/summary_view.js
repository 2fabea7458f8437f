const SPOKEN_AFTER = 700; // milliseconds without a change

/** The prediction in short, which stays in sight, and is said to screen readers after a change. */
function drawSummary(study, state, container) {
  const section = d3.select(container);
  const target = section.append("p").attr("class", "of");
  const score = section.append("p").attr("class", "score");
  const value = score.append("b");
  const interval = score.append("span");
  const place = section.append("p").attr("class", "place");
  const spoken = section.append("p").attr("class", "hidden").attr("role", "status");
  let waiting = null;

  function show(now) {
    const standing = standingOn(study, now.target);
    const current = currentOn(study, standing, now.weights);
    const own = predictedOn(study, now.weights, standing.target);
    const compared = baselineOf(study, now.baseline);
    const label = targetLabel(study, standing.target);
    target.text(`Predicted ${study.unitOf(standing.target)}, ${label}`);
    value.text(scoreText(own.mean));
    interval.text(Number.isFinite(own.low) ? `90 %: ${intervalText(own)}` : "");
    const words = [];
    if (Number.isFinite(current.score))
      words.push(`Rank ${countText(current.rank)} of ${countText(standing.order.length)}`);
    const difference = own.mean - predictedOn(study, compared.weights, standing.target).mean;
    const reach = differenceOf(study, now.weights, compared.weights, standing.target)?.reach;
    const range = reach === undefined ? "" : ` ± ${scoreText(reach)}`;
    if (sameNumbers(now.weights, compared.weights)) words.push("the baseline itself");
    else if (Number.isFinite(difference)) words.push(`${differenceText(difference)}${range} against ${compared.label}`);
    place.text(words.join(" · ") || whyNothing(study, now.weights));
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const ends = Number.isFinite(own.low) ? `, 90 % interval ${intervalText(own)}` : "";
      spoken.text(`Predicted on ${label}: ${scoreText(own.mean)}${ends}. ${place.text()}.`);
    }, SPOKEN_AFTER);
  }
  drawOnChange(state, ["weights", "target", "baseline"], show);
}

/** @returns {string} why nothing is predicted of a mixture */
function whyNothing(study, weights) {
  if (!study.predictor.predict) return `Only ranked mixtures have numbers here: ${study.predictor.reason}.`;
  const unknown = unknownUnits(study, weights);
  return unknown.length ? unknownText(unknown) : "Nothing is predicted of this mixture.";
}
