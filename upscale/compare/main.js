/* The page as a whole. The address says what is open, #3 the third item, so that a phone's back button leads back. */

class Page {
  constructor(facts) {
    this.facts = facts;
    this.stage = new Stage(facts.columns, () => this.update());
  }

  start() {
    showSummary(this.facts);
    showCards(this.facts);
    showStrip(this.facts);
    fillChoice(this.facts.columns);
    zoomByWheel(this.stage);
    moveByPointers(this.stage);
    moveDivider(this.stage);
    listenToKeys(this.stage, this);
    listenToButtons(this.stage, this);
    addEventListener("hashchange", () => this.follow());
    this.follow();
  }

  get isSingle() {
    return this.facts.items.length === 1;
  }

  /* Show what the address says. */
  follow() {
    const index = this.isSingle ? 0 : Number(location.hash.slice(1)) - 1;
    const item = this.facts.items[index];
    document.body.classList.toggle("viewing", item !== undefined);
    byId("gallery").hidden = item !== undefined;
    byId("viewer").hidden = item === undefined;
    byId("back").hidden = item === undefined || this.isSingle;
    if (item === undefined) {
      this.stage.close();
      byId("title").textContent = document.title;
      return;
    }
    this.index = index;
    byId("title").textContent = this.isSingle ? document.title : itemName(item);
    this.stage.open(item, index);
    for (const link of byId("strip").children) link.removeAttribute("aria-current");
    const current = byId("strip").children[index];
    current.setAttribute("aria-current", "true");
    current.scrollIntoView({ block: "nearest", inline: "center" });
  }

  step(by) {
    const index = this.index + by;
    if (index >= 0 && index < this.facts.items.length) location.hash = index + 1;
  }

  leave() {
    if (!this.isSingle) location.hash = "";
  }

  /* What the buttons and the foot say of the stage. */
  update() {
    const { stage, facts } = this;
    for (const button of byId("modes").children) {
      button.setAttribute("aria-pressed", button.dataset.mode === stage.mode);
    }
    byId("zoom").textContent = `${Math.round(100 * stage.view.zoom)} %`;
    byId("exact").setAttribute("aria-pressed", stage.exact);
    this.showChoice("left", stage.left);
    this.showChoice("right", stage.right);
    byId("choice").hidden = stage.item.panes.length < 3 || stage.mode === "side";
    byId("amplified").hidden = stage.mode !== "difference";
    byId("words").textContent = stage.mode === "difference" ? stage.words : facts.protocol ?? "";
    byId("note").hidden = stage.mode !== "difference" && !facts.protocol;
  }

  /* An item without an original offers none. */
  showChoice(id, place) {
    const choice = byId(id);
    for (const option of choice.options) option.disabled = option.index >= this.stage.item.panes.length;
    choice.value = place;
  }
}

function fillChoice(columns) {
  for (const id of ["left", "right"]) columns.forEach((name, place) => byId(id).append(new Option(name, place)));
}

function listenToButtons(stage, page) {
  const on = (id, type, action) => byId(id).addEventListener(type, action);
  for (const button of byId("modes").children) {
    button.addEventListener("click", () => stage.setMode(button.dataset.mode));
  }
  on("back", "click", () => page.leave());
  on("out", "click", () => stage.zoomBy(1 / STEP));
  on("in", "click", () => stage.zoomBy(STEP));
  on("zoom", "click", () => stage.zoomTo(1));
  on("fit", "click", () => stage.fit());
  on("exact", "click", () => stage.setExact(!stage.exact));
  on("ask", "click", () => byId("help").showModal());
  on("swap", "click", () => stage.swap());
  on("gain", "change", (event) => stage.setGain(Number(event.target.value)));
  const choose = () => stage.choose(Number(byId("left").value), Number(byId("right").value));
  on("left", "change", choose);
  on("right", "change", choose);
}

new Page(JSON.parse(byId("facts").textContent)).start();
