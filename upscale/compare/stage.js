/* The stage: the panes of one item, how they lie in each mode, and the view that they share. */

const BLINK_MS = 700; // no more than three flashes a second (WCAG 2.3.1)

/* Which two of so many panes are shown: those that are wanted, and in place of a missing original another one. */
function shownPair([left, right], count) {
  const insteadBeside = (taken) => (taken === count - 1 ? 0 : count - 1);
  const first = left < count ? left : insteadBeside(right);
  return [first, right < count ? right : insteadBeside(first)];
}

class Stage {
  constructor(columns, onChange) {
    this.columns = columns;
    this.onChange = onChange;
    this.root = byId("stage");
    this.divider = byId("divider");
    this.mode = "slider";
    this.exact = true;
    this.gain = 8;
    this.wanted = [0, 1];
    this.isFit = true;
    this.view = { zoom: 1, x: 0, y: 0 };
    this.panes = [];
    this.canvas = null;
    this.item = null;
    this.setCut(0.5);
    new ResizeObserver(() => this.arrange()).observe(this.root);
  }

  open(item, index) {
    this.close();
    this.item = item;
    [this.left, this.right] = shownPair(this.wanted, item.panes.length);
    this.picture = {
      width: Math.max(...item.panes.map((facts) => facts.width)),
      height: Math.max(...item.panes.map((facts) => facts.height)),
    };
    this.panes = item.panes.map((_, place) => pane(item, index, place, this.columns));
    this.root.prepend(...this.panes);
    this.isFit = true;
    this.arrange();
  }

  close() {
    this.stopBlinking();
    this.forgetDifference();
    for (const figure of this.panes) {
      URL.revokeObjectURL(figure.querySelector("img").src);
      figure.remove();
    }
    this.panes = [];
    this.item = null;
  }

  setMode(mode) {
    this.mode = mode;
    this.arrange();
  }

  /* The side that is left as it is keeps its wish, which another item may fulfil. */
  choose(left, right) {
    const [wantedLeft, wantedRight] = this.wanted;
    this.want([left === this.left ? wantedLeft : left, right === this.right ? wantedRight : right]);
  }

  swap() {
    this.want([...this.wanted].reverse());
  }

  want(wanted) {
    this.wanted = wanted;
    [this.left, this.right] = shownPair(wanted, this.item.panes.length);
    this.forgetDifference();
    this.arrange();
  }

  setGain(gain) {
    this.gain = gain;
    this.forgetDifference();
    this.arrange();
  }

  setExact(exact) {
    this.exact = exact;
    this.draw();
  }

  /* The divider, as a share of the stage's width. */
  setCut(share) {
    this.cut = between(0, share, 1);
    this.root.style.setProperty("--cut", `${100 * this.cut}%`);
    const percent = Math.round(100 * this.cut);
    this.divider.setAttribute("aria-valuenow", percent);
    this.divider.setAttribute("aria-valuetext", `${percent} % of the left picture`);
  }

  /* Which panes are seen, and where. */
  arrange() {
    if (this.item === null) return;
    this.root.dataset.mode = this.mode;
    this.stopBlinking();
    const isSide = this.mode === "side";
    const whole = { width: this.root.clientWidth, height: this.root.clientHeight };
    const columns = isSide ? bestColumns(this.panes.length, this.picture, whole) : 1;
    this.pane = paneOf(columns, isSide ? this.panes.length : 1, whole);
    this.panes.forEach((figure, place) => {
      this.put(figure, isSide ? place % columns : 0, isSide ? Math.floor(place / columns) : 0);
      figure.style.zIndex = place === this.right ? 1 : 0;
      figure.classList.toggle("right", place === this.right);
      figure.hidden = !this.isSeen(place);
    });
    if (this.mode === "blink") this.startBlinking();
    if (this.mode === "difference") this.showDifference();
    if (this.canvas) this.canvas.hidden = this.mode !== "difference";
    this.draw();
  }

  put(figure, column, row) {
    figure.style.left = `${column * (this.pane.width + GAP_PX)}px`;
    figure.style.top = `${row * (this.pane.height + GAP_PX)}px`;
    figure.style.width = `${this.pane.width}px`;
    figure.style.height = `${this.pane.height}px`;
  }

  isSeen(place) {
    if (this.mode === "side") return true;
    if (this.mode === "difference") return false;
    return place === this.left || place === this.right;
  }

  fit() {
    this.isFit = true;
    this.draw();
  }

  setView(view) {
    this.isFit = false;
    this.view = view;
    this.draw();
  }

  zoomBy(factor, left = 0, top = 0) {
    this.zoomTo(this.view.zoom * factor, left, top);
  }

  zoomTo(zoom, left = 0, top = 0) {
    this.setView(zoomedAt(this.view, Math.min(zoom, LARGEST_ZOOM), left, top));
  }

  draw() {
    if (this.item === null) return;
    if (this.isFit) this.view = { zoom: fittingZoom(this.picture, this.pane, this.exact), x: 0, y: 0 };
    this.view = withinPicture(this.view, this.picture, this.pane);
    const transform = transformOf(this.view, this.pane);
    for (const shown of this.root.querySelectorAll(".view > *")) shown.style.transform = transform;
    // Reduced pictures would flicker without smoothing.
    this.root.classList.toggle("exact", this.exact && this.view.zoom >= 1);
    this.onChange(this);
  }

  startBlinking() {
    this.blinked = this.left;
    this.showBlinked();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.blinking = setInterval(() => this.blink(), BLINK_MS);
  }

  stopBlinking() {
    clearInterval(this.blinking);
  }

  blinkByHand() {
    this.stopBlinking();
    this.blink();
  }

  blink() {
    this.blinked = this.blinked === this.left ? this.right : this.left;
    this.showBlinked();
  }

  showBlinked() {
    this.panes.forEach((figure, place) => { figure.hidden = place !== this.blinked; });
  }

  /* Made once for each pair and gain. */
  async showDifference() {
    if (this.canvas !== null) {
      this.put(this.canvas, 0, 0);
      return;
    }
    const [one, two] = [this.left, this.right].map((place) => this.panes[place].querySelector("img"));
    const figure = element("figure", "pane difference");
    this.canvas = figure;
    this.put(figure, 0, 0);
    this.root.prepend(figure);
    await Promise.all([one.decode(), two.decode()]);
    if (this.canvas !== figure) return;
    const made = difference(one, two, this.picture, this.gain);
    figure.appendChild(element("div", "view")).append(made.canvas);
    this.words = made.words;
    this.draw();
  }

  forgetDifference() {
    this.canvas?.remove();
    this.canvas = null;
    this.words = "";
  }
}
