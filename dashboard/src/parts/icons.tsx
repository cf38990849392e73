// Pictures without words, drawn here; each stands beside a word that says the same.
const paths = {
  overview: 'M4 13h6V4H4zm0 7h6v-5H4zm8 0h8v-9h-8zm0-16v5h8V4z',
  chat: 'M4 4h16v12H9l-5 4z',
  logs: 'M4 6h16M4 12h16M4 18h10',
  settings: 'M4 7h9m5 0h2M4 17h2m5 0h9M15 4v6M8 14v6',
  repair: 'M14 6a4 4 0 0 0 5 5l-9 9-4-4 9-9a4 4 0 0 1-1-1z',
} as const;
export type IconName = keyof typeof paths;

export function Icon(props: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[props.name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 64 64" aria-hidden="true">
      <circle class="orbit" cx="32" cy="32" r="14" />
      <circle class="orbit" cx="32" cy="32" r="26" />
      <circle class="sun" cx="32" cy="32" r="7" />
      <g class="planet near">
        <circle cx="46" cy="32" r="4.5" />
      </g>
      <g class="planet far">
        <circle cx="6" cy="32" r="5" />
      </g>
    </svg>
  );
}
