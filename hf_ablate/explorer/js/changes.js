/**
 * Draw now, and again whenever one of some fields of the state has changed; at most once a frame, so that dragging a
 * slider stays quick.
 *
 * @param {Object} state - as [`makeState`] gives
 * @param {string[]} names - of fields
 * @param {function(State): void} draw
 */
function drawOnChange(state, names, draw) {
  let seen = names.map((name) => state.get()[name]);
  let isWaiting = false;
  state.subscribe(() => {
    const isChanged = names.some((name, position) => state.get()[name] !== seen[position]);
    if (!isChanged || isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      seen = names.map((name) => state.get()[name]);
      draw(state.get());
    });
  });
  draw(state.get());
}
