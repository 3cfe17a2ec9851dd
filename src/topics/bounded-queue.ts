/** First in, first out, of at most `limit` items: one more pushes the oldest out. A ring that grows up to its limit. */
export class BoundedQueue<Item> {
  readonly #limit: number;
  #slots: (Item | undefined)[] = [];
  #first = 0;
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** @returns true when the oldest item had to go */
  push(item: Item): boolean {
    if (this.#length === this.#slots.length) {
      if (this.#length === this.#limit) return this.#replaceFirst(item);
      this.#grow();
    }
    this.#slots[this.#slot(this.#length)] = item;
    this.#length += 1;
    return false;
  }

  shift(): Item | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#first];
    this.#slots[this.#first] = undefined;
    this.#first = this.#slot(1);
    this.#length -= 1;
    return item;
  }

  clear(): void {
    this.#slots = [];
    this.#first = 0;
    this.#length = 0;
  }

  #replaceFirst(item: Item): true {
    this.#slots[this.#first] = item;
    this.#first = this.#slot(1);
    return true;
  }

  /** Where the item `offset` places behind the first one lies. */
  #slot(offset: number): number {
    const slot = this.#first + offset;
    return slot < this.#slots.length ? slot : slot - this.#slots.length;
  }

  #grow(): void {
    const slots = [...this.#slots.slice(this.#first), ...this.#slots.slice(0, this.#first)];
    slots.length = Math.min(this.#limit, Math.max(16, slots.length * 2));
    this.#slots = slots;
    this.#first = 0;
  }
}
