/** Where a command writes: the slice of a stream it needs. */
export interface Output {
  write(text: string): unknown;
}
