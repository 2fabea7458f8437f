/** Opens the study and draws the page. */

const progress = document.querySelector("#progress");
const payload = await unpackArrays(JSON.parse(await inflatedText(document.querySelector("#payload").textContent)));
const study = await openStudy(payload, (share) => {
  progress.textContent = `Preparing the predictor: ${Math.round(100 * share)} %`;
});
const state = makeState(study);
progress.hidden = true;
document.querySelector("main").hidden = false;

drawSummary(study, state, document.querySelector("#summary"));
drawMixture(study, state, document.querySelector("#mixture"));
drawPrediction(study, state, document.querySelector("#prediction"));
drawTarget(study, state, document.querySelector("#target"));
drawCopy(study, state, document.querySelector("#copy"));
drawRanking(study, state, document.querySelector("#ranking"));
drawPictures(study, state, document.querySelector("#pictures"));
drawFront(study, state, document.querySelector("#front"));

for (const link of document.querySelectorAll("nav a[href^='#']")) {
  link.addEventListener("click", (event) => {
    event.preventDefault(); // the address holds the state, not the place
    const section = document.querySelector(link.getAttribute("href"));
    section.scrollIntoView();
    section.focus({ preventScroll: true });
  });
}
window.explorer = { study, state };
