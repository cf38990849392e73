// Pictures without words, drawn here; each stands beside a word that says the same.
const paths = {
  overview: 'M4 13h6V4H4zm0 7h6v-5H4zm8 0h8v-9h-8zm0-16v5h8V4z',
  chat: 'M4 4h16v12H9l-5 4z',
  guilds: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm8 0a3 3 0 1 0 0-6M2.5 20a5.5 5.5 0 0 1 11 0M16 14.5a5.5 5.5 0 0 1 5.5 5.5',
  database: 'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zm0 0v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
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
