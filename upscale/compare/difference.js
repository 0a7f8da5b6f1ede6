/* What differs between two pictures, amplified, on a canvas. */

const MOST_PX = 2 ** 24; // what phones still make a canvas of

/* Two <img> of one item, drawn over gray where they are transparent: {canvas, words}. */
function difference(one, two, picture, gain) {
  const share = Math.min(1, Math.sqrt(MOST_PX / (picture.width * picture.height)));
  const reduced = (length) => Math.max(1, Math.round(length * share));
  const size = { width: reduced(picture.width), height: reduced(picture.height) };
  const context = drawn(one, size, share);
  context.globalCompositeOperation = "difference";
  context.drawImage(drawn(two, size, share).canvas, 0, 0);
  const words = inWords(context.getImageData(0, 0, size.width, size.height).data);
  context.globalCompositeOperation = "lighter";
  for (let reached = 1; reached < gain; reached *= 2) context.drawImage(context.canvas, 0, 0);
  context.canvas.style.width = `${picture.width}px`;
  context.canvas.style.height = `${picture.height}px`;
  const remark = share < 1 ? ` (at ${Math.round(100 * share)} % of the size)` : "";
  return { canvas: context.canvas, words: words + remark };
}

function drawn(image, size, share) {
  const canvas = element("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  context.fillStyle = "#808080";
  context.fillRect(0, 0, size.width, size.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, parseFloat(image.style.width) * share, parseFloat(image.style.height) * share);
  return context;
}

function inWords(samples) {
  let sum = 0;
  let largest = 0;
  let differing = 0;
  for (let at = 0; at < samples.length; at += 4) {
    const [red, green, blue] = [samples[at], samples[at + 1], samples[at + 2]];
    sum += red + green + blue;
    const most = Math.max(red, green, blue);
    if (most > largest) largest = most;
    if (most > 0) differing += 1;
  }
  const pixels = samples.length / 4;
  if (differing === 0) return "No pixel differs";
  const percent = (100 * differing) / pixels;
  const share = percent < 1 ? "under 1" : Math.round(percent);
  const mean = (sum / pixels / 3).toFixed(2);
  return `${share} % of the pixels differ, by ${mean} levels of 255 on average, ${largest} at most`;
}
