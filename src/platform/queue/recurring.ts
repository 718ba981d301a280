/** Something that runs by itself, on one worker at a time. */
export interface RecurringJob {
  readonly name: string;
  readonly everySeconds: number;
  run(): Promise<void>;
}
