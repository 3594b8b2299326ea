/**
 * DynamoDB's condition expressions, as far as the store uses them. A comparison with what is not there is false.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
type Row = Readonly<Record<string, unknown>>;

/** `values`: what the expression calls `:name`. `#name` stands for the attribute of that very name. */
export function holds(condition: string, row: Row | null, values: Row): boolean {
  const words = condition.match(/<=|>=|[<>=(),]|[#:]?\w+/g) ?? [];
  let at = 0;
  const next = (): string => words[at++] ?? '';
  const take = (word: string): void => {
    if (next() !== word) throw new Error(`not a condition this model knows: ${condition}`);
  };
  const meaning = (word: string): unknown =>
    word.startsWith(':') ? values[word.slice(1)] : row?.[word.replace('#', '')];

  function either(): boolean {
    let result = both();
    while (words[at] === 'OR') {
      at++;
      result = both() || result;
    }
    return result;
  }
  function both(): boolean {
    let result = one();
    while (words[at] === 'AND') {
      at++;
      result = one() && result;
    }
    return result;
  }
  function one(): boolean {
    const word = next();
    if (word === 'NOT') return !one();
    if (word === '(') {
      const inner = either();
      take(')');
      return inner;
    }
    return word.startsWith('attribute_') ? asked(word) : compared(meaning(word), next(), meaning(next()));
  }
  function asked(name: string): boolean {
    take('(');
    const value = meaning(next());
    if (name === 'attribute_type') {
      take(',');
      const type = meaning(next());
      take(')');
      return type === 'N' ? typeof value === 'number' : type === 'S' && typeof value === 'string';
    }
    take(')');
    if (name === 'attribute_exists') return value !== undefined;
    if (name === 'attribute_not_exists') return value === undefined;
    throw new Error(`not a condition this model knows: ${condition}`);
  }

  const result = either();
  if (at !== words.length) throw new Error(`not a condition this model knows: ${condition}`);
  return result;
}

function compared(left: unknown, operator: string, right: unknown): boolean {
  if (left === undefined || typeof left !== typeof right) return false;
  const [a, b] = [left as number, right as number];
  if (operator === '=') return a === b;
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  throw new Error(`not an operator this model knows: ${operator}`);
}
