/** Numbers as people read them. */

/** @returns {string} a score as `hf-ablate rank` writes it: four decimals below 10, two below 1,000, else none */
function scoreText(score) {
  if (!Number.isFinite(score)) return "–";
  if (Math.abs(score) >= 1000) return countText(Math.round(score));
  return score.toFixed(Math.abs(score) < 10 ? 4 : 2).replace("-", "−");
}

/** @returns {string} a difference of scores, with its sign if it is not zero to the digits shown */
function differenceText(difference) {
  const size = scoreText(Math.abs(difference));
  if (!/[1-9]/.test(size)) return size;
  return `${difference > 0 ? "+" : "−"}${size}`;
}

/** @returns {string} a whole number with its thousands apart */
function countText(count) {
  return count.toLocaleString("en");
}

/** @returns {string} a number of things, whose name gets an s but for one */
function counted(count, thing) {
  return `${countText(count)} ${thing}${count === 1 ? "" : "s"}`;
}
