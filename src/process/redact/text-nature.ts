/**
 * How far a value reaches in a text: `value` is one argument, whose end is the end of its value; `words` is several arguments joined
 * by spaces (a process title); `script` is a command line for a shell, which also replaces `$NAME`.
 */
export type TextNature = 'value' | 'words' | 'script';
