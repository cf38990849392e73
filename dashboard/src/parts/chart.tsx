// One number over the last hour.
import { useSignalEffect, type ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../state/theme';

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function Chart(props: { label: string; times: ReadonlySignal<number[]>; values: ReadonlySignal<(number | null)[]>; unit: (value: number) => string }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const draw = () => {
    const here = place.current;
    if (!here) return;
    plot.current?.destroy();
    const axis = { stroke: colour('--faint'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui' };
    plot.current = new uPlot(
      {
        width: here.clientWidth,
        height: 150,
        legend: { show: false },
        cursor: { y: false },
        // At least a minute: one sample alone has no width.
        scales: { x: { range: (_, first, last) => [Math.min(first, last - 60), last] }, y: { range: (_, __, most) => [0, Math.max(most * 1.15, 1)] } },
        axes: [
          { ...axis, space: 70 },
          { ...axis, size: 58, values: (_, ticks) => ticks.map(props.unit) },
        ],
        series: [{}, { label: props.label, stroke: colour('--accent'), fill: colour('--accent-soft'), width: 2, points: { show: false } }],
      },
      [props.times.value, props.values.value],
      here,
    );
  };
  useEffect(() => {
    draw();
    const watch = new ResizeObserver(() => place.current && plot.current?.setSize({ width: place.current.clientWidth, height: 150 }));
    if (place.current) watch.observe(place.current);
    return () => {
      watch.disconnect();
      plot.current?.destroy();
    };
  }, []);
  useSignalEffect(() => plot.current?.setData([props.times.value, props.values.value]));
  useSignalEffect(() => {
    void theme.value;
    requestAnimationFrame(draw);
  });
  const last = props.values.value.at(-1);
  return <div class="chart" ref={place} role="img" aria-label={`${props.label}: ${last === null || last === undefined ? '–' : props.unit(last)}`} />;
}
