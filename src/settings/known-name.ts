import { ValidateBy } from 'class-validator';
import { resolveDottedName, type DottedNameKind } from './dotted-names.js';

/** The setting must name one of these, in our word or in Kinto's. */
export function IsKnownName(kind: DottedNameKind, names: readonly string[]): PropertyDecorator {
  return ValidateBy({
    name: 'isKnownName',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && names.includes(resolveDottedName(kind, value)),
      defaultMessage: () => `expected ${names.join(' or ')}`,
    },
  });
}
