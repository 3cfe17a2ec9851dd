import type { ListOption } from '../../src/config/option-table.ts';

/** Three different items that a list takes, as they are written. */
export function listItems(option: ListOption): readonly [string, string, string] {
  switch (option.items) {
    case 'integer':
      return ['1', '2', '3'];
    case 'text':
      return ['a', 'b', 'c'];
    case 'name': {
      const [first = '', second = '', third = ''] = option.names.known;
      return [first, second, third];
    }
  }
}
