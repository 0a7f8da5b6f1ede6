"use strict";

/* Where a picture lies in a pane. A view is {zoom, x, y}: device pixels for each pixel of the picture, and the
   picture's point in the pane's middle. All panes have one size and one view, and so the same transform. */

const LARGEST_ZOOM = 64;
const GAP_PX = 2; // between panes
const LEAST_SHARE = 0.5; // of the zoom at which the whole picture is seen

const between = (low, value, high) => Math.max(low, Math.min(value, high));

/* The zoom at which the whole picture is seen; for exact pixels a whole number above 100 %, so that all are equal. */
function fittingZoom(picture, pane, exact) {
  const zoom = Math.min(pane.width / picture.width, pane.height / picture.height, LARGEST_ZOOM) * devicePixelRatio;
  return exact && zoom > 1 ? Math.floor(zoom) : zoom;
}

/* A pane where so many lie in so many columns. In whole pixels, or pictures would be resampled at 100 %. */
function paneOf(columns, count, whole) {
  const share = (length, parts) => Math.max(1, Math.floor((length - GAP_PX * (parts - 1)) / parts));
  return { width: share(whole.width, columns), height: share(whole.height, Math.ceil(count / columns)) };
}

/* In how many columns a number of panes shows a picture largest. */
function bestColumns(count, picture, whole) {
  const size = (columns) => {
    const pane = paneOf(columns, count, whole);
    return Math.min(pane.width / picture.width, pane.height / picture.height);
  };
  const all = Array.from({ length: count }, (_, index) => count - index);
  return all.reduce((best, columns) => (size(columns) > size(best) ? columns : best));
}

/* The nearest view that shows as much of the picture as there is. */
function withinPicture(view, picture, pane) {
  const whole = fittingZoom(picture, pane, true);
  const zoom = between(Math.min(whole, 1) * LEAST_SHARE, view.zoom, LARGEST_ZOOM);
  const along = (at, length, seen) => {
    const half = (seen * devicePixelRatio) / zoom / 2;
    return length <= 2 * half ? length / 2 : between(half, at, length - half);
  };
  return { zoom, x: along(view.x, picture.width, pane.width), y: along(view.y, picture.height, pane.height) };
}

/* The same view at another zoom; the point under (left, top), from the pane's middle in CSS pixels, stays there. */
function zoomedAt(view, zoom, left, top) {
  const shift = devicePixelRatio / view.zoom - devicePixelRatio / zoom;
  return { zoom, x: view.x + left * shift, y: view.y + top * shift };
}

function moved(view, left, top) {
  const share = devicePixelRatio / view.zoom;
  return { zoom: view.zoom, x: view.x - left * share, y: view.y - top * share };
}

/* In whole device pixels: at 100 % every pixel of the picture is one of the screen. */
function transformOf(view, pane) {
  const scale = view.zoom / devicePixelRatio;
  const place = (seen, at) => Math.round((seen / 2 - at * scale) * devicePixelRatio) / devicePixelRatio;
  return `translate(${place(pane.width, view.x)}px, ${place(pane.height, view.y)}px) scale(${scale})`;
}
