/** A user and a group by number, as the kernel knows them. */
export interface UserAndGroup {
  readonly userId: number;
  readonly groupId: number;
}

export type ParsedUser = ({ readonly ok: true } & UserAndGroup) | { readonly ok: false; readonly reason: string };

/** The texts of passwd(5) and group(5); empty where there are no such files. */
export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
}

/**
 * Reads `USER` or `USER:GROUP`, each a name or a number. Without a group it is the user's own, or the number of the user
 * where the file does not know it. Names come from the files alone: no directory service is asked.
 */
export function parseUser(text: string, files: UserFiles): ParsedUser {
  const [userText = '', groupText, ...rest] = text.split(':');
  if (userText === '' || groupText === '' || rest.length > 0) return refuse('is not USER or USER:GROUP');
  const user = userNamed(userText, files.passwd);
  if (user === undefined) return refuse(unknown('user', userText, '/etc/passwd'));
  if (user.userId === 0) return refuse('is root, whose rights are what --user takes away');
  const groupId = groupText === undefined ? user.groupId : groupNamed(groupText, files.group);
  if (groupId === undefined) return refuse(unknown('group', groupText ?? '', '/etc/group'));
  return { ok: true, userId: user.userId, groupId };
}

/** 2^32 - 1 means "leave it as it is" to setresuid(2). */
const LARGEST_ID = 2 ** 32 - 2;

function userNamed(text: string, passwd: string): UserAndGroup | undefined {
  const entries = passwd.split('\n').map((line) => line.split(':'));
  const entry = entries.find(([name, , id]) => name === text || (isId(text) && id === text));
  const [userId, groupId] = [entry?.[2] ?? '', entry?.[3] ?? ''];
  if (isId(userId) && isId(groupId)) return { userId: Number(userId), groupId: Number(groupId) };
  return isId(text) ? { userId: Number(text), groupId: Number(text) } : undefined;
}

function groupNamed(text: string, group: string): number | undefined {
  if (isId(text)) return Number(text);
  const id =
    group
      .split('\n')
      .map((line) => line.split(':'))
      .find(([name]) => name === text)?.[2] ?? '';
  return isId(id) ? Number(id) : undefined;
}

function isId(text: string): boolean {
  return /^(0|[1-9]\d*)$/.test(text) && Number(text) <= LARGEST_ID;
}

function unknown(what: string, text: string, file: string): string {
  if (/^\d+$/.test(text)) return `has no ${what} id between 0 and ${LARGEST_ID}`;
  return `names a ${what} that is not in ${file}; a number does without an entry`;
}

function refuse(reason: string): ParsedUser {
  return { ok: false, reason };
}
