/* Mouse, fingers and wheel on the stage. */

const TAP_PX = 6;
const DOUBLE_TAP_MS = 320;
const WHEEL_SPEED = 0.0018; // of e for each CSS pixel: a notch of 100 px zooms by 1.2
const PINCH_SPEED = 0.012; // a touchpad's pinch comes as a wheel in small steps
const LINE_PX = 16;

/* From the middle of the pane under a pointer, in CSS pixels. */
function fromMiddle(stage, event) {
  const box = stage.root.getBoundingClientRect();
  const along = (at, length) => (at % (length + GAP_PX)) - length / 2;
  return [along(event.clientX - box.left, stage.pane.width), along(event.clientY - box.top, stage.pane.height)];
}

function zoomByWheel(stage) {
  stage.root.addEventListener("wheel", (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 0 ? 1 : LINE_PX);
    const speed = event.ctrlKey ? PINCH_SPEED : WHEEL_SPEED;
    stage.zoomBy(Math.exp(-pixels * speed), ...fromMiddle(stage, event));
  }, { passive: false });
}

/* One pointer moves, two zoom about their middle and move. A double click or tap: 100 % there, and back. */
function moveByPointers(stage) {
  const held = new Map();
  let start = null;
  let isTap = false;
  let lastTapMs = -Infinity;

  const begin = () => {
    const [one, two] = [...held.values()];
    start = { view: stage.view, at: two ? middle(one, two) : one, span: two ? distance(one, two) : 0 };
  };
  const end = (event) => {
    if (!held.delete(event.pointerId)) return;
    if (held.size) begin();
    if (!isTap || event.type === "pointercancel") return;
    const isDouble = event.timeStamp - lastTapMs < DOUBLE_TAP_MS;
    lastTapMs = isDouble ? -Infinity : event.timeStamp;
    if (isDouble) toggleActual(stage, event);
  };

  stage.root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("#divider")) return;
    stage.root.setPointerCapture(event.pointerId);
    held.set(event.pointerId, event);
    isTap = held.size === 1;
    begin();
  });
  stage.root.addEventListener("pointermove", (event) => {
    if (!held.has(event.pointerId)) return;
    held.set(event.pointerId, event);
    const [one, two] = [...held.values()];
    const at = two ? middle(one, two) : one;
    if (isTap && distance(start.at, at) < TAP_PX) return;
    isTap = false;
    let view = start.view;
    if (two) {
      const zoom = between(0.01, (view.zoom * distance(one, two)) / start.span, LARGEST_ZOOM);
      view = zoomedAt(view, zoom, ...fromMiddle(stage, start.at));
    }
    stage.setView(moved(view, at.clientX - start.at.clientX, at.clientY - start.at.clientY));
  });
  stage.root.addEventListener("pointerup", end);
  stage.root.addEventListener("pointercancel", end);
}

function toggleActual(stage, event) {
  if (stage.isFit) stage.zoomTo(Math.max(1, 2 * Math.floor(stage.view.zoom)), ...fromMiddle(stage, event));
  else stage.fit();
}

const middle = (one, two) => ({ clientX: (one.clientX + two.clientX) / 2, clientY: (one.clientY + two.clientY) / 2 });
const distance = (one, two) => Math.max(1, Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY));

function moveDivider(stage) {
  const { divider, root } = stage;
  let grip = null; // where on the divider it is held
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    grip = event.clientX - (root.getBoundingClientRect().left + stage.cut * root.clientWidth);
  });
  divider.addEventListener("pointermove", (event) => {
    if (grip === null) return;
    stage.setCut((event.clientX - grip - root.getBoundingClientRect().left) / root.clientWidth);
  });
  const release = () => { grip = null; };
  divider.addEventListener("pointerup", release);
  divider.addEventListener("pointercancel", release);
}
