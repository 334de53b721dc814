package lsp

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// script lets Neovim edit and complete through the supervisor, kill gopls twice, and go on. What it sees goes
// to the file "seen", one line each.
const script = `
local seen = assert(io.open(vim.env.SEEN, 'w'))
local function say(...) seen:write(table.concat(vim.tbl_map(tostring, {...}), ' '), '\n') seen:flush() end
local ok, err = pcall(function()
  vim.cmd('edit ' .. vim.env.FILE)
  local buf = vim.api.nvim_get_current_buf()
  local cmd = {vim.env.PRODUCT, 'lsp', '--gopls=' .. vim.env.GOPLS}
  local exits = 0
  local id = vim.lsp.start_client{name = 'gopls', cmd = cmd, root_dir = vim.env.WS, on_exit = function() exits = exits + 1 end}
  vim.lsp.buf_attach_client(buf, id)
  local client = vim.lsp.get_client_by_id(id)
  vim.wait(60000, function() return client.initialized end)
  say('initialized', client.initialized)
  local function complete(word)
    local begin = vim.loop.now()
    local good = vim.wait(60000, function()
      local lines = vim.api.nvim_buf_get_lines(buf, 0, -1, false)
      for i, l in ipairs(lines) do
        local col = l:find('Println(n.', 1, true)
        if col then
          local r = vim.lsp.buf_request_sync(buf, 'textDocument/completion', {
            textDocument = vim.lsp.util.make_text_document_params(buf), position = {line = i - 1, character = col - 1 + #'Println(n.'}}, 20000)
          for _, a in pairs(r or {}) do
            for _, it in ipairs((a.result or {}).items or {}) do
              if it.label == word then return true end
            end
          end
        end
      end
    end, 100)
    say('complete', word, good, vim.loop.now() - begin)
  end
  complete('Hello')
  for n, field in ipairs{'Alpha', 'Beta'} do
    local pid = vim.fn.system('pgrep -P ' .. client.rpc.pid .. ' gopls'):match('%d+')
    vim.api.nvim_buf_set_lines(buf, 5, 5, false, {'type T' .. n .. ' struct{} // 世界 😀'})
    vim.fn.system('kill -KILL ' .. pid)
    local lines = vim.api.nvim_buf_get_lines(buf, 0, -1, false)
    for i, l in ipairs(lines) do
      if l:find('Hello string', 1, true) then
        vim.api.nvim_buf_set_lines(buf, i - 1, i, false, {(l:gsub('Hello string', 'Hello string; ' .. field .. ' int'))})
      end
    end
    complete(field)
  end
  say('exits', exits)
  client.stop()
  vim.wait(10000, function() return client.is_stopped() end)
  say('stopped', client.is_stopped())
end)
if not ok then say('error', err) end
seen:close()
vim.cmd('qa!')
`

// TestNeovim: a real editor notices nothing of two deaths of gopls but a short wait.
func TestNeovim(t *testing.T) {
	t.Parallel()
	ws := small(t)
	work := filepath.Dir(ws)
	write(t, filepath.Join(work, "probe.lua"), script)
	write(t, filepath.Join(work, "home", ".config", "go", "telemetry", "mode"), "off 2024-01-01\n")
	cmd := exec.Command("timeout", "150", "nvim", "--clean", "--headless", "-c", "luafile "+filepath.Join(work, "probe.lua"))
	seen := filepath.Join(work, "seen")
	cmd.Env = append(environ(ws), "SEEN="+seen, "FILE="+filepath.Join(ws, "main.go"), "PRODUCT="+theLab.Product, "GOPLS="+gopls(newest), "WS="+ws)
	cmd.Dir = ws
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("nvim: %v\n%s", err, out)
	}
	data, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v\n%s", time.Since(begin).Round(time.Millisecond), data)
	for _, want := range []string{"initialized true", "complete Hello true", "complete Alpha true", "complete Beta true", "exits 0", "stopped true"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %q in what Neovim saw:\n%s\n%s", want, data, out)
		}
	}
}
