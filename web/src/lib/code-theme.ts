import type { ThemeRegistration } from '@shikijs/core';

/** Five kinds of code, each numbered in the last digits of a colour that is never painted (see tokenize.ts). */
export const codeTheme: ThemeRegistration = {
  name: 'lighttrace',
  type: 'light',
  fg: '#000000',
  bg: '#ffffff',
  settings: [
    { settings: { foreground: '#000000', background: '#ffffff' } },
    {
      scope: ['keyword', 'storage', 'constant.language', 'variable.language', 'keyword.operator.new'],
      settings: { foreground: '#000001' },
    },
    { scope: ['keyword.operator', 'storage.type.function.arrow'], settings: { foreground: '#000000' } },
    {
      scope: ['string', 'punctuation.definition.string', 'constant.character'],
      settings: { foreground: '#000002' },
    },
    { scope: ['constant.numeric'], settings: { foreground: '#000003' } },
    {
      scope: [
        'support.type.property-name',
        'entity.name.function',
        'support.function',
        'meta.function-call.generic',
      ],
      settings: { foreground: '#000004' },
    },
    { scope: ['comment', 'punctuation.definition.comment'], settings: { foreground: '#000005' } },
    {
      scope: ['meta.template.expression', 'meta.embedded', 'punctuation.definition.template-expression'],
      settings: { foreground: '#000000' },
    },
  ],
};
