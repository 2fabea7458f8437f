/** The predicted score of every domain and target, against a baseline, as bars and numbers. */
function drawPrediction(study, state, container) {
  const section = d3.select(container);
  section
    .append("p")
    .attr("class", "note")
    .text(
      `${upperFirst(study.units_of_measure[0])}, lower is better. ` +
        "Bars show the difference from the baseline, with the 90 % interval of the prediction.",
    );
  drawBaseline(study, state, section);
  const warning = section.append("p").attr("class", "warning");
  const show = makePredictionTable(study, section);
  drawOnChange(state, ["weights", "baseline"], ({ weights, baseline }) => {
    show(weights, baselineOf(study, baseline).weights);
    const isKnown = Number.isFinite(predictedOn(study, weights, study.firstTarget).mean);
    warning.text(isKnown ? "" : whyNothing(study, weights));
  });
  drawReach(study, state, section);
  section.append("p").attr("class", "note").text(`Predicted by ${study.answered_by}.`);
}

/** How far the mixture is from those that the predictor knows. */
function drawReach(study, state, section) {
  const reach = section.append("p").attr("class", "reach");
  let far = { scored: NaN, reference: NaN };
  const show = ({ weights }) => {
    const { isFar, sentences } = reachOf(study, weights, far);
    reach.classed("warning", isFar).text(sentences.join(" "));
  };
  drawOnChange(state, ["weights"], show);
  setTimeout(() => {
    far = farFrom(study); // after the page is there: of thousands of mixtures, it takes a moment
    show(state.get());
  });
}

/** @returns {string} a text that starts a sentence */
function upperFirst(text) {
  return text[0].toUpperCase() + text.slice(1);
}
