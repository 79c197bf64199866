/**
 * The table of content rules: what each means and how much it says. Ids are stable: journals and reports carry them.
 *
 * Weights are millinats of evidence that a request is an attack, set by how rarely ordinary traffic has the structure:
 * what parses as a working payload of a language (a union of selects, a script element, a nested lookup) stands near
 * the cap of 9,200; a structure that careless front ends and curious people produce too stands below the 4,600 at which
 * a finding is made, so that only repetition makes one.
 */

export const LANGUAGES = [
  'sql',
  'html',
  'javascript',
  'shell',
  'file',
  'template',
  'java',
  'jndi',
  'nosql',
  'xml',
  'url',
  'header',
  'mail',
  'php',
  'object',
  'ldap',
  'serialised',
] as const;
export type Language = (typeof LANGUAGES)[number];

export interface ContentRule {
  /** Stable number, as stored in facts.contentRule; 0 means none. */
  readonly id: number;
  readonly name: string;
  readonly language: Language;
  readonly millinats: number;
  /** Completes "the query …": what stands in the span. */
  readonly says: string;
}

const rule = (id: number, name: string, language: Language, millinats: number, says: string): ContentRule => ({
  id,
  name,
  language,
  millinats,
  says,
});

/** Every rule, by the name that the matchers use. */
export const RULE = {
  sqlUnion: rule(1, 'sql-union', 'sql', 9000, 'joins a second SELECT to a query with UNION'),
  sqlUnionWords: rule(2, 'sql-union-words', 'sql', 4000, 'has the words UNION SELECT without a list of values'),
  sqlTautology: rule(3, 'sql-tautology', 'sql', 8500, 'adds a condition between constants to a query'),
  sqlQuoteLogic: rule(4, 'sql-quote-logic', 'sql', 7500, 'closes a quote and goes on with a condition'),
  sqlQuoteComment: rule(5, 'sql-quote-comment', 'sql', 7000, 'closes a quote and comments the rest of the query out'),
  sqlQuoteClause: rule(6, 'sql-quote-clause', 'sql', 7200, 'closes a quote and goes on with a clause of SQL'),
  sqlQuoteConcat: rule(7, 'sql-quote-concat', 'sql', 6000, 'closes a quote and joins an expression to it'),
  sqlQuoteProbe: rule(8, 'sql-quote-probe', 'sql', 3500, 'ends a number or word with a lone quote'),
  sqlStacked: rule(9, 'sql-stacked', 'sql', 8500, 'starts a second SQL statement after a semicolon'),
  sqlStatement: rule(10, 'sql-statement', 'sql', 7000, 'is a whole SQL statement'),
  sqlSelect: rule(11, 'sql-select', 'sql', 7500, 'selects columns or constants from a table'),
  sqlSubselect: rule(12, 'sql-subselect', 'sql', 8200, 'has a nested SELECT'),
  sqlSelectWords: rule(13, 'sql-select-words', 'sql', 2500, 'has the words SELECT and FROM in order'),
  sqlTime: rule(14, 'sql-time', 'sql', 8500, 'calls a function that makes a database wait'),
  sqlCatalog: rule(15, 'sql-catalog', 'sql', 8000, 'names a catalogue or a system variable of a database'),
  sqlFunction: rule(16, 'sql-function', 'sql', 7500, 'calls a function that SQL injection reads data with'),
  sqlFunctionWeak: rule(17, 'sql-function-nested', 'sql', 5500, 'calls SQL functions inside one another'),
  sqlOrderProbe: rule(18, 'sql-order-probe', 'sql', 5200, 'counts columns by sorting or grouping by a number'),
  sqlCase: rule(19, 'sql-case', 'sql', 7500, 'makes a query answer a yes-or-no question'),
  sqlFile: rule(20, 'sql-file', 'sql', 8800, 'makes a database read or write a file'),
  sqlComment: rule(21, 'sql-inline-comment', 'sql', 6500, 'hides SQL words between inline comments'),
  sqlProcedure: rule(22, 'sql-procedure', 'sql', 8800, 'calls a procedure of a database server'),
  sqlLogicComment: rule(23, 'sql-logic-comment', 'sql', 7000, 'adds a constant condition and comments the rest out'),
  sqlCast: rule(24, 'sql-cast', 'sql', 6500, 'casts an expression to a type of a database'),

  htmlScript: rule(40, 'html-script', 'html', 9000, 'has a script element'),
  htmlEvent: rule(41, 'html-event', 'html', 8500, 'has an element with an event handler'),
  htmlEventBreak: rule(42, 'html-event-break', 'html', 8000, 'closes an attribute and adds an event handler'),
  htmlActive: rule(43, 'html-active', 'html', 7000, 'has an element that loads or runs something'),
  htmlPlain: rule(44, 'html-plain', 'html', 3500, 'has an element of HTML'),
  htmlProbe: rule(45, 'html-probe', 'html', 3000, 'ends with the start of an element, as probes for reflection do'),
  htmlActiveProbe: rule(
    46,
    'html-active-probe',
    'html',
    4700,
    'ends with the start of an element that loads something',
  ),
  htmlBreak: rule(47, 'html-break', 'html', 6500, 'closes an attribute and an element, then opens another'),
  htmlBreakProbe: rule(48, 'html-break-probe', 'html', 4000, 'closes an attribute and an element'),
  htmlComment: rule(49, 'html-comment', 'html', 4500, 'has a comment or declaration of HTML'),
  htmlStyle: rule(50, 'html-style', 'html', 7500, 'runs script from a style'),

  jsScheme: rule(60, 'js-scheme', 'javascript', 8200, 'runs script from an address'),
  jsSchemeIdle: rule(61, 'js-scheme-idle', 'javascript', 1000, 'has a script address that does nothing'),
  jsDialog: rule(62, 'js-dialog', 'javascript', 7000, 'calls a dialogue that proves script runs'),
  jsEval: rule(63, 'js-eval', 'javascript', 6500, 'runs text as script'),
  jsCookie: rule(64, 'js-cookie', 'javascript', 7500, 'reads or writes a page’s cookies or document from script'),
  jsLocation: rule(65, 'js-location', 'javascript', 5200, 'sends a page elsewhere from script'),
  jsBreak: rule(66, 'js-break', 'javascript', 6500, 'closes a quote and calls a function of script'),
  jsConstructor: rule(67, 'js-constructor', 'javascript', 8000, 'reaches the function constructor to run text'),
  jsEncoded: rule(68, 'js-encoded', 'javascript', 7000, 'builds script from character codes or encodings'),
  jsModule: rule(69, 'js-module', 'javascript', 8000, 'loads a module that starts processes or reads files'),

  jsDialogProbe: rule(
    71,
    'js-dialog-probe',
    'javascript',
    4000,
    'ends with the start of a call that proves script runs',
  ),
  jsStatement: rule(70, 'js-statement', 'javascript', 6000, 'goes on with statements of script'),

  shellSubstitution: rule(80, 'shell-substitution', 'shell', 8500, 'has a command substituted into a command'),
  shellChain: rule(81, 'shell-chain', 'shell', 8200, 'chains a command behind a value'),
  shellChainPlain: rule(82, 'shell-chain-word', 'shell', 5500, 'ends in a separator and the name of a command'),
  shellPipeWord: rule(83, 'shell-pipe-word', 'shell', 2500, 'ends in a bar and the name of a command'),
  shellRedirect: rule(84, 'shell-redirect', 'shell', 7500, 'redirects the output of a command'),
  shellProgram: rule(85, 'shell-program', 'shell', 7800, 'names a program by its path'),
  shellFields: rule(86, 'shell-fields', 'shell', 8800, 'hides spaces of a command in shell variables or braces'),
  shellFetch: rule(87, 'shell-fetch', 'shell', 7800, 'has a command that fetches a file'),
  shellFunction: rule(88, 'shell-function', 'shell', 9200, 'has a shell function definition with code behind it'),
  shellParameter: rule(89, 'shell-parameter', 'shell', 7000, 'passes a command in a parameter for commands'),
  shellWindows: rule(90, 'shell-windows', 'shell', 8000, 'starts a Windows command interpreter'),
  shellSocket: rule(91, 'shell-socket', 'shell', 9000, 'opens a network connection from a shell'),
  shellCommand: rule(92, 'shell-command', 'shell', 6500, 'is a command with its arguments'),

  fileClimb: rule(110, 'file-climb', 'file', 7000, 'climbs three or more directories up'),
  fileClimbShort: rule(111, 'file-climb-short', 'file', 2800, 'climbs a directory up'),
  fileClimbRoot: rule(112, 'file-climb-root', 'file', 5200, 'climbs above the root of the site or out of its folder'),
  fileClimbEncoded: rule(113, 'file-climb-encoded', 'file', 8000, 'climbs directories in an encoding that hides it'),
  fileClimbOdd: rule(114, 'file-climb-odd', 'file', 7500, 'climbs directories by a form that filters miss'),
  fileClimbSecret: rule(115, 'file-climb-secret', 'file', 9200, 'climbs directories to a file of the system'),
  fileSystem: rule(116, 'file-system', 'file', 8200, 'asks for a file of the operating system'),
  fileDirectory: rule(117, 'file-directory', 'file', 4800, 'asks for a path below a system directory'),
  fileWindows: rule(118, 'file-windows', 'file', 5500, 'asks for a path on a Windows drive'),
  fileInternal: rule(119, 'file-internal', 'file', 7000, 'asks for a file that an application keeps to itself'),
  fileNull: rule(120, 'file-null', 'file', 6500, 'has a null byte that cuts a name short'),
  fileScript: rule(122, 'file-script', 'file', 4700, 'names a script that a server would run as a file to keep'),
  fileShare: rule(121, 'file-share', 'file', 5500, 'asks for a path on a network share'),

  templateArithmetic: rule(140, 'template-arithmetic', 'template', 8500, 'has a calculation between template marks'),
  templateCode: rule(141, 'template-code', 'template', 7500, 'has code between template marks'),
  templateName: rule(142, 'template-name', 'template', 1000, 'has a template mark that was never filled in'),
  templateTag: rule(143, 'template-tag', 'template', 7500, 'has a statement of a template language'),
  templateDunder: rule(144, 'template-dunder', 'template', 8500, 'reaches for the inner attributes of Python objects'),
  templateLookup: rule(145, 'template-lookup', 'template', 9000, 'has an interpolation that scripts, fetches or reads'),
  javaClass: rule(160, 'java-class', 'java', 8500, 'names a class of the Java runtime'),
  javaReflection: rule(161, 'java-reflection', 'java', 8000, 'reaches Java classes by reflection'),
  javaLoader: rule(162, 'java-loader', 'java', 9200, 'binds a parameter to a class loader'),
  javaContext: rule(163, 'java-context', 'java', 8800, 'sets the context of an expression language'),
  javaName: rule(164, 'java-name', 'java', 3000, 'has the name of a class of Java'),
  jndiLookup: rule(170, 'jndi-lookup', 'jndi', 9200, 'asks for a lookup through JNDI'),
  jndiNested: rule(171, 'jndi-nested', 'jndi', 9100, 'hides a lookup inside nested lookups'),
  jndiAddress: rule(172, 'jndi-address', 'jndi', 8500, 'has an address of JNDI'),

  mongoWhere: rule(180, 'nosql-where', 'nosql', 8500, 'passes script to a document database'),
  mongoOperator: rule(181, 'nosql-operator', 'nosql', 5500, 'puts a query operator where a value belongs'),
  mongoFilter: rule(182, 'nosql-filter', 'nosql', 2500, 'has a comparison operator in a parameter’s name'),
  mongoEmpty: rule(183, 'nosql-empty', 'nosql', 6500, 'compares with nothing, which every document passes'),
  mongoScript: rule(184, 'nosql-script', 'nosql', 7500, 'closes a quote and goes on in a database’s script'),
  graphqlSchema: rule(185, 'graphql-schema', 'nosql', 4000, 'asks for the schema of a GraphQL API'),
  prototype: rule(190, 'prototype', 'object', 8500, 'writes to the prototype of objects'),

  xmlEntity: rule(200, 'xml-entity', 'xml', 9000, 'declares an entity of XML'),
  xmlDoctype: rule(201, 'xml-doctype', 'xml', 7500, 'declares a document type with a subset or a file'),
  xmlProlog: rule(202, 'xml-prolog', 'xml', 4500, 'has the prolog of an XML document'),
  xmlInclude: rule(203, 'xml-include', 'xml', 8500, 'includes a document by XML'),
  serverInclude: rule(204, 'server-include', 'xml', 9200, 'has a server-side include'),

  urlScheme: rule(220, 'url-scheme', 'url', 8000, 'passes an address of a kind that servers fetch files with'),
  urlMetadata: rule(221, 'url-metadata', 'url', 9000, 'passes the address of a cloud’s metadata service'),
  urlLoopback: rule(222, 'url-loopback', 'url', 4200, 'passes an address of the server itself'),
  urlPrivate: rule(223, 'url-private', 'url', 3500, 'passes an address inside private networks'),
  urlNumeric: rule(224, 'url-numeric', 'url', 7500, 'passes an address whose host is a bare number'),
  urlAddress: rule(225, 'url-address', 'url', 3000, 'passes an address by IP number'),
  urlUser: rule(227, 'url-user', 'url', 3000, 'passes an address that hides its host behind a user name'),
  urlInclude: rule(226, 'url-include', 'url', 5500, 'passes an address of a script for inclusion'),

  headerInject: rule(240, 'header-inject', 'header', 9000, 'breaks the line and adds a header'),
  headerSplit: rule(241, 'header-split', 'header', 9200, 'breaks the line and starts another message'),
  headerBreak: rule(242, 'header-break', 'header', 4700, 'has a line break inside a path'),
  headerLog: rule(243, 'header-log', 'header', 7000, 'breaks the line or colours it to forge a log'),
  headerName: rule(244, 'header-name', 'header', 5000, 'has a line break in the name of a parameter'),
  mailCommand: rule(250, 'mail-command', 'mail', 8500, 'breaks the line and gives a command to a mail server'),
  mailHeader: rule(251, 'mail-header', 'mail', 7500, 'breaks the line and adds recipients to a mail'),

  phpTag: rule(260, 'php-tag', 'php', 9000, 'has the opening mark of PHP code'),
  phpStream: rule(261, 'php-stream', 'php', 9000, 'passes a stream of PHP'),
  phpDirective: rule(262, 'php-directive', 'php', 8800, 'sets a directive of the PHP interpreter'),
  phpFunction: rule(263, 'php-function', 'php', 7800, 'calls a function of PHP that runs code or commands'),
  phpFunctionWeak: rule(264, 'php-function-proof', 'php', 5200, 'calls a function of PHP that proves code runs'),
  phpGlobal: rule(265, 'php-global', 'php', 8000, 'reaches for the request variables of PHP'),
  phpIndirect: rule(266, 'php-indirect', 'php', 6500, 'calls a function by a name put together from strings'),

  ldapFilter: rule(280, 'ldap-filter', 'ldap', 7800, 'closes an LDAP filter and opens another'),
  ldapWhole: rule(281, 'ldap-whole', 'ldap', 6500, 'is an LDAP filter'),
  serialJava: rule(300, 'serial-java', 'serialised', 9000, 'has a serialised Java object'),
  serialPhp: rule(301, 'serial-php', 'serialised', 8500, 'has a serialised PHP object'),
  serialDotnet: rule(302, 'serial-dotnet', 'serialised', 9000, 'has a serialised .NET object'),
  serialYaml: rule(303, 'serial-yaml', 'serialised', 9000, 'has a YAML tag that makes objects'),
  serialNode: rule(304, 'serial-node', 'serialised', 9000, 'has a serialised JavaScript function'),
  serialType: rule(305, 'serial-type', 'serialised', 7500, 'names a class for a JSON reader to make'),
} as const satisfies Record<string, ContentRule>;

/** Every rule in order of id. */
export const RULES: readonly ContentRule[] = Object.values(RULE);

const BY_ID = new Map(RULES.map((r) => [r.id, r]));

/** The rule of an id, or undefined for 0 and unknown ids. For sentences: not for the hot path. */
export function contentRule(id: number): ContentRule | undefined {
  return BY_ID.get(id);
}
