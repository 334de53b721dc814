// A client of gopls in a real extension host, for tests. It starts what the settings name, as the Go extension does, and
// starts it again when they change. It types, completes through the editor, and tells what it sees in the file $PROBE_OUT, a line of
// JSON each. It does what the file $PROBE_IN says: the last line is the name of the field to type and to complete.
const vscode = require('vscode');
const cp = require('child_process');
const fs = require('fs');

const say = (o) => fs.appendFileSync(process.env.PROBE_OUT, JSON.stringify({ host: process.pid, ...o }) + '\n');

class Client {
  constructor() {
    const c = vscode.workspace.getConfiguration('go');
    this.root = vscode.workspace.workspaceFolders[0].uri;
    this.program = c.get('alternateTools').gopls;
    this.vars = c.get('toolsEnvVars');
    this.next = 0;
    this.waiting = new Map();
    this.buf = Buffer.alloc(0);
    this.proc = cp.spawn(this.program, c.get('languageServerFlags'), { cwd: this.root.fsPath, env: { ...process.env, ...this.vars } });
    this.proc.stdout.on('data', (d) => this.take(d));
    this.proc.on('exit', (code, signal) => say({ event: 'exit', server: this.proc.pid, code, signal }));
    this.proc.on('error', (err) => say({ event: 'error', message: String(err) }));
    say({ event: 'start', program: this.program, vars: this.vars, server: this.proc.pid });
  }
  take(d) {
    this.buf = Buffer.concat([this.buf, d]);
    for (;;) {
      const end = this.buf.indexOf('\r\n\r\n');
      if (end < 0) return;
      const n = Number(/Content-Length: (\d+)/.exec(this.buf.toString('latin1', 0, end))[1]);
      if (this.buf.length < end + 4 + n) return;
      const m = JSON.parse(this.buf.toString('utf8', end + 4, end + 4 + n));
      this.buf = this.buf.subarray(end + 4 + n);
      if (m.method && m.id !== undefined) this.send({ id: m.id, result: m.method === 'workspace/configuration' ? m.params.items.map(() => ({})) : null });
      else if (m.id !== undefined && this.waiting.has(m.id)) { this.waiting.get(m.id)(m); this.waiting.delete(m.id); }
    }
  }
  send(m) {
    const b = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...m }));
    this.proc.stdin.write(`Content-Length: ${b.length}\r\n\r\n`);
    this.proc.stdin.write(b);
  }
  ask(method, params) {
    const id = ++this.next;
    return new Promise((ok) => { this.waiting.set(id, ok); this.send({ id, method, params }); });
  }
  tell(method, params) { this.send({ method, params }); }
  async introduce(doc) {
    await this.ask('initialize', { processId: process.pid, rootUri: 'file://' + this.root.fsPath, workspaceFolders: [{ uri: 'file://' + this.root.fsPath, name: 'ws' }], capabilities: { workspace: { configuration: true } } });
    this.tell('initialized', {});
    this.tell('textDocument/didOpen', { textDocument: { uri: 'file://' + doc.uri.fsPath, languageId: 'go', version: doc.version, text: doc.getText() } });
  }
}

async function activate(context) {
  let client = null;
  const doc = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, 'main.go'));
  const restart = async () => { if (client) client.proc.stdin.end(); client = new Client(); await client.introduce(doc); };
  context.subscriptions.push(vscode.workspace.onDidChangeConfiguration((e) => { if (e.affectsConfiguration('go')) { say({ event: 'changed' }); restart(); } }));
  context.subscriptions.push(vscode.workspace.onDidChangeTextDocument((e) => {
    if (client && e.document === doc) client.tell('textDocument/didChange', { textDocument: { uri: 'file://' + doc.uri.fsPath, version: doc.version }, contentChanges: [{ text: doc.getText() }] });
  }));
  context.subscriptions.push(vscode.languages.registerCompletionItemProvider({ pattern: '**/*.go' }, {
    async provideCompletionItems(d, position) {
      const m = await client.ask('textDocument/completion', { textDocument: { uri: 'file://' + d.uri.fsPath }, position });
      return ((m.result || {}).items || []).map((it) => new vscode.CompletionItem(it.label));
    },
  }, '.'));
  say({ event: 'active', trusted: vscode.workspace.isTrusted, version: vscode.version });
  await restart();
  let typed = '';
  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      const want = fs.existsSync(process.env.PROBE_IN) ? fs.readFileSync(process.env.PROBE_IN, 'utf8').trim().split('\n').pop() : '';
      if (want && want !== typed) {
        typed = want;
        const edit = new vscode.WorkspaceEdit();
        edit.insert(doc.uri, doc.positionAt(doc.getText().indexOf('Hello string')), want + ' int; ');
        await vscode.workspace.applyEdit(edit);
      }
      const at = doc.positionAt(doc.getText().indexOf('n.Hello') + 2);
      const list = await vscode.commands.executeCommand('vscode.executeCompletionItemProvider', doc.uri, at, '.');
      say({ event: 'complete', typed, labels: list.items.map((i) => i.label).filter((l) => typeof l === 'string').slice(0, 20), dirty: doc.isDirty });
    } catch (err) {
      say({ event: 'error', message: String(err) });
    }
    busy = false;
  }, 300);
  context.subscriptions.push({ dispose: () => clearInterval(timer) });
}

module.exports = { activate };
