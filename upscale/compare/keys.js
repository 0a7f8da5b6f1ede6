/* The keyboard. */

const MODES = { s: "slider", v: "side", b: "blink", d: "difference" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 1.25;
const PAN_SHARE = 0.1; // of a pane for each press of an arrow

function listenToKeys(stage, page) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    if (event.key === "?") return handled(event, () => byId("help").showModal());
    if (stage.item === null || event.target.closest("select")) return;
    const action = actionOf(event, stage, page);
    if (action) handled(event, action);
  });
}

function handled(event, action) {
  event.preventDefault();
  action();
}

function actionOf(event, stage, page) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key in ARROWS) return () => onArrow(event, stage, ...ARROWS[key]);
  if (key in MODES) return () => stage.setMode(MODES[key]);
  if (/^[1-9]$/.test(key)) return () => stage.zoomTo(Number(key));
  // A button in focus is pressed by Space.
  const isBlink = key === " " && stage.mode === "blink" && !event.target.closest("button, a");
  if (isBlink) return () => stage.blinkByHand();
  return {
    "+": () => stage.zoomBy(STEP),
    "=": () => stage.zoomBy(STEP),
    "-": () => stage.zoomBy(1 / STEP),
    0: () => stage.fit(),
    x: () => stage.setExact(!stage.exact),
    w: () => stage.swap(),
    ",": () => page.step(-1),
    ".": () => page.step(1),
    Escape: () => page.leave(),
    Home: event.target === stage.divider && (() => stage.setCut(0)),
    End: event.target === stage.divider && (() => stage.setCut(1)),
  }[key];
}

function onArrow(event, stage, right, down) {
  if (event.target === stage.divider) stage.setCut(stage.cut + (right - down) * (event.shiftKey ? 0.1 : 0.01));
  else stage.setView(moved(stage.view, -right * PAN_SHARE * stage.pane.width, -down * PAN_SHARE * stage.pane.height));
}
