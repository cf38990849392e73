declare const VERSION: string;
declare module '*.css';
