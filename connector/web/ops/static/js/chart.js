// The trend as a line; its figures stand in the table that data-table names, which says the same in words.
(() => {
  "use strict";
  const place = document.querySelector("#chart");
  const rows = [...document.querySelectorAll(`#${place.dataset.table} tbody tr`)];
  const names = rows.map((row) => row.dataset.name);
  const rates = rows.map((row) => (row.dataset.rate === "" ? null : Number(row.dataset.rate)));
  if (rates.every((rate) => rate === null)) return; // an empty chart says less than the table

  const HEIGHT = 260;
  const unit = place.dataset.unit ?? " %";
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const width = () => Math.max(place.clientWidth - 14, 240);
  const most = Math.max(1, ...rates.filter((rate) => rate !== null));
  const top = (rate) => (rate <= 1 ? 1 : rate <= 5 ? Math.ceil(rate) : Math.ceil(rate / 10) * 10);
  let chart = null;

  function draw() {
    if (chart) chart.destroy();
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const few = Math.max(1, Math.ceil(names.length / Math.floor(width() / 84)));
    chart = new uPlot({
      width: width(), height: HEIGHT,
      padding: [12, 34, 0, 8], // half of the last name stands right of its point
      cursor: { drag: { x: false, y: false } },
      legend: { live: true },
      hooks: { ready: [(made) => made.setLegend({ idx: names.length - 1 })] }, // until a pointer says otherwise
      scales: { x: { time: false }, y: { range: [0, Math.min(100, top(most))] } },
      axes: [
        { ...axis, splits: () => names.map((_, i) => i).filter((i) => (names.length - 1 - i) % few === 0),
          values: (_, at) => at.map((i) => names[i]) },
        { ...axis, size: 52, values: (_, at) => at.map((rate) => `${rate}${unit}`) },
      ],
      series: [
        { label: "Period", value: (_, i) => (i === null ? "–" : names[i]) },
        { label: place.dataset.label ?? "Handoff rate", stroke: colour("--accent"), width: 2, points: { show: true, size: 7 },
          value: (_, rate) => (rate === null ? "–" : `${rate.toFixed(1)}${unit}`) },
      ],
    }, [names.map((_, i) => i), rates], place);
  }

  let waiting = 0;
  addEventListener("resize", () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(draw); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
})();
