/** The editor of the SQL view (CodeMirror), with completion from the schema and the place of a fault marked. */
import { autocompletion } from '@codemirror/autocomplete';
import { sql, SQLDialect } from '@codemirror/lang-sql';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, keymap, type DecorationSet } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { basicSetup } from 'codemirror';
import type { SchemaTable } from '../../../contracts/sql.ts';
import type { FaultPlace } from './sql-api.ts';
import { styleNonce } from './nonce.ts';

export interface SqlEditor {
  readonly text: string;
  setText(text: string): void;
  /** Puts a text where the cursor is. */
  insert(text: string): void;
  completeFrom(tables: readonly SchemaTable[]): void;
  mark(place: FaultPlace | null): void;
  focus(): void;
  destroy(): void;
}

export interface SqlEditorOptions {
  readonly text: string;
  readonly label: string;
  readonly onChange: (text: string) => void;
  readonly onRun: () => void;
}

const CLICKHOUSE = SQLDialect.define({
  keywords:
    'select from where prewhere final group by having order limit offset with as distinct on using join left right ' +
    'inner outer full cross asof any all semi anti array union except intersect case when then else end and or not in ' +
    'is null like ilike between over partition rows range unbounded preceding following current row window qualify ' +
    'ties fill interpolate totals rollup cube sample global asc desc nulls first last interval extract cast exists ' +
    'show tables columns describe explain create database databases functions true false',
  types:
    'string fixedstring uint8 uint16 uint32 uint64 int8 int16 int32 int64 float32 float64 decimal bool date date32 ' +
    'datetime datetime64 uuid enum8 enum16 lowcardinality nullable array tuple map json',
  backslashEscapes: true,
  hashComments: true,
  slashComments: true,
  doubleQuotedStrings: false,
  identifierQuotes: '`"',
  operatorChars: '*+-%<>!=&|^/~?:',
});

const setFault = StateEffect.define<FaultPlace | null>();
const faultMark = Decoration.mark({ class: 'cm-fault' });
const fault = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setFault)) continue;
      return effect.value === null ? Decoration.none : markAt(effect.value, transaction.state);
    }
    // What is mended is not marked any more.
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** At the end of the text the last character is marked: an empty mark shows nothing. */
function markAt({ length, offset }: FaultPlace, { doc }: EditorState): DecorationSet {
  const from = Math.min(offset, Math.max(0, doc.length - 1));
  const to = Math.min(doc.length, from + Math.max(1, length));
  return from >= to ? Decoration.none : Decoration.set(faultMark.range(from, to));
}

const COLOURS = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
    { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
    { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
    { tag: tags.typeName, color: 'var(--accent)' },
    { tag: tags.comment, color: 'var(--ink-3)', fontStyle: 'italic' },
  ]),
);

const THEME = EditorView.theme({
  '&': { backgroundColor: 'var(--surface)', color: 'var(--ink)', fontSize: '14px' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-1px' },
  '.cm-scroller': {
    fontFamily: 'var(--mono)',
    lineHeight: '1.55',
    minHeight: '180px',
    maxHeight: '46vh',
  },
  '.cm-content': { caretColor: 'var(--ink)', padding: '10px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': {
    backgroundColor: 'var(--sunken)',
    color: 'var(--ink-3)',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--accent-veil)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground':
    { backgroundColor: 'var(--flash) !important' },
  '.cm-matchingBracket': { backgroundColor: 'var(--accent-soft) !important', color: 'inherit' },
  '.cm-selectionMatch': { backgroundColor: 'var(--accent-soft)' },
  '.cm-fault': {
    textDecoration: 'underline wavy var(--bad) 2px',
    textUnderlineOffset: '4px',
    backgroundColor: 'var(--bad-soft)',
  },
  '.cm-tooltip, .cm-panels': {
    backgroundColor: 'var(--surface)',
    color: 'var(--ink)',
    border: '1px solid var(--line-strong)',
    borderRadius: '8px',
  },
  '.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--accent)',
  },
  '.cm-completionDetail': { color: 'var(--ink-3)', fontStyle: 'normal' },
});

export function createSqlEditor(parent: HTMLElement, options: SqlEditorOptions): SqlEditor {
  const language = new Compartment();
  // A page under a strict policy offers its nonce for the styles that the editor adds.
  const nonce = styleNonce();
  const run = () => {
    options.onRun();
    return true;
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
        basicSetup,
        language.of(sql({ dialect: CLICKHOUSE, upperCaseKeywords: true })),
        autocompletion({ icons: false }),
        COLOURS,
        THEME,
        fault,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': options.label }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc.toString());
        }),
        ...(nonce === '' ? [] : [EditorView.cspNonce.of(nonce)]),
      ],
    }),
  });

  return {
    get text() {
      return view.state.doc.toString();
    },
    setText(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    insert(text) {
      view.dispatch(view.state.replaceSelection(text));
      view.focus();
    },
    completeFrom(tables) {
      const schema = Object.fromEntries(
        tables.map((table) => [
          table.name,
          {
            self: { label: table.name, type: 'type', detail: table.group, info: table.comment },
            children: table.columns.map(({ comment, name, type }) => ({
              label: name,
              type: 'property',
              detail: type,
              info: comment,
            })),
          },
        ]),
      );
      view.dispatch({
        effects: language.reconfigure(
          sql({ dialect: CLICKHOUSE, upperCaseKeywords: true, schema }),
        ),
      });
    },
    mark(place) {
      view.dispatch({ effects: setFault.of(place) });
      if (place === null) return;
      const at = Math.min(place.offset, view.state.doc.length);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at) });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
