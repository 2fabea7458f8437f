/** The predictor in the page's data. */
async function makePredictor(payload, onProgress) {
  return { ...payload };
}
