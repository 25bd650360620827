-- The filter between pandoc's reader and its writers. It numbers sections, figures,
-- tables and equations, checks every reference to them, and gives each writer what
-- Markdown has no words for. `reading.py` says what the document looks like.

local text_of = pandoc.utils.stringify
local typst = FORMAT == "typst"
local TEXT_WIDTH = 605  -- pixels of CSS in 6.3 in
local PAGE_WIDTH = 453  -- points
local SHORT_CELL = 14  -- characters that a column keeps on one line beside sentences
local CLAIMS = pandoc.List({ "^Section%s", "^§", "^Figure%s", "^Table%s", "^%(", "^%[" })
local FUNCTIONS = "arg cos det exp inf lim ln log max min sin sup tan tanh"

local targets = {}  -- label: { wanted = "Figure 1", short = "1" } or { named = true }
local linked = {}  -- label: true
local counts = { Figure = 0, Table = 0, Equation = 0 }
local section = {}

local function refuse(message, ...)
  error("REFUSED " .. message:format(...), 0)
end

local function add_target(label, target)
  if targets[label] then
    refuse("the label %q is used twice: rename one", label)
  end
  targets[label] = target
end

local function count(kind)
  counts[kind] = counts[kind] + 1
  return counts[kind]
end

-- Code of the writer, in HTML or in Typst.
local function raw(html, typst_code)
  return pandoc.RawInline(FORMAT, typst and typst_code or html)
end

local function quote(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("%s+", " ") .. '"'
end

-- What may scroll sideways, within reach of the keyboard.
local function scrolling(class, name)
  local attributes = { { "tabindex", "0" }, { "role", "group" }, { "aria-label", name } }
  return pandoc.Attr("", { class }, attributes)  -- of pairs, which keep their order
end

local function number_heading(heading)
  local depth, text = heading.level - 1, text_of(heading)
  if depth == 0 then
    refuse("the heading %q is a second title: begin it with ##", text)
  elseif depth > 1 and not section[depth - 1] then
    refuse("the heading %q has no heading one level above it: take a # off", text)
  end
  heading.level = typst and depth or heading.level
  heading.identifier = text:gsub("\u{a0}", " "):gsub(" ", "-"):gsub("’", "'")  -- as in JupyterLab
  if text == "References" then
    heading.classes:insert("unnumbered")
    add_target(heading.identifier, { wanted = text, named = true })
    return heading
  end
  section[depth] = (section[depth] or 0) + 1
  for deeper = depth + 1, #section do
    section[deeper] = nil
  end
  local number = table.concat(section, ".")
  add_target(heading.identifier, { wanted = "Section " .. number, named = true })
  if not typst then  -- which counts by itself
    heading.content:insert(1, pandoc.Span(number, { class = "number" }))
    heading.content:insert(2, pandoc.Space())
  end
  return heading
end

-- An anchor in a numbered list names an entry of the references.
local function number_references(list)
  for place, item in ipairs(list.content) do
    pandoc.Blocks(item):walk({
      Span = function(span)
        if span.identifier ~= "" then
          local number = list.start + place - 1
          add_target(span.identifier, { wanted = ("[%d]"):format(number), named = true })
        end
      end,
    })
  end
end

local function refuse_html(html)
  refuse(
    'the HTML %s cannot be exported: write Markdown, or escape the < as \\<; an <a id="name"></a> '
      .. "stands in a numbered list of references alone, a heading is linked to by its own words, "
      .. "as in [Section 2](#Its-own-words)",
    html
  )
end

local function check_html(element)
  local label = element.t == "RawInline" and element.text:match('^<a id="([^"]+)">$')
  if label then
    return pandoc.Span(typst and raw("", "#metadata(none)") or {}, { id = label })
  elseif element.text ~= "</a>" and not element.text:match("^<!%-%-") then
    refuse_html(element.text)
  end
  return {}
end

local function picture(label, alt, width)
  if typst then
    local share = math.min(width / TEXT_WIDTH, 1) * 100
    local code = '#image("%s.svg", alt: %s, width: %.1f%%)'
    return pandoc.Plain(raw("", code:format(label, quote(alt), share)))
  end
  local size = pandoc.Attr("", {}, { { "alt", alt }, { "width", tostring(width) } })
  local image = pandoc.Image({}, label .. ".svg", "", size)
  return pandoc.Div(pandoc.Plain(image), scrolling("scroll", "Figure"))
end

-- Put number and caption on a figure or a table; pass a script on to the page.
local function number_float(div)
  local kind, label = div.classes[1], div.identifier
  if kind == "Widget" then
    return not typst and pandoc.RawBlock("html", div.content[1].text) or {}
  elseif kind ~= "Figure" and kind ~= "Table" then
    return nil
  end
  local words, body = div.content[1].content, div.content[2]
  if div.classes:includes("numbered") then
    local number = tostring(count(kind))
    local name = kind .. " " .. number
    words = pandoc.Inlines({ pandoc.Strong(name .. "."), pandoc.Space() }) .. words
    add_target(label, { wanted = name, short = number })
  else
    add_target(label, { wanted = "its name", named = true })
  end
  if kind == "Figure" then
    body = picture(label, body.text, tonumber(div.attributes.width))
    return pandoc.Figure(body, { pandoc.Plain(words) }, { id = label })
  end
  local captioned = typst and body or body.content[1]
  captioned.caption = { long = { pandoc.Plain(pandoc.Span(words)) } }
  captioned.identifier = label
  return body
end

-- Of each column the length of the longest cell and that of all in characters.
local function measure_columns(head, rows)
  local longest, sums = {}, {}
  for _, row in ipairs({ head, table.unpack(rows) }) do
    for place, cell in ipairs(row.cells) do
      local length = utf8.len(text_of(cell.contents))
      longest[place] = math.max(longest[place] or 0, length)
      sums[place] = (sums[place] or 0) + length
    end
  end
  return longest, sums
end

-- Columns of sentences share what the short ones leave. The root lets one of sentences
-- be wide without squeezing one of phrases.
local function complete_table(grid)
  local head, rows = grid.head.rows[1], grid.bodies[1].body
  local longest, sums = measure_columns(head, rows)
  local letter, width = #longest > 3 and 4 or 4.5, 0  -- points, in 8 or 9 pt
  for _, length in ipairs(longest) do
    width = width + length * letter + 11
  end
  local wide = width > PAGE_WIDTH
  if typst then
    for place, column in ipairs(grid.colspecs) do
      local share = wide and longest[place] > SHORT_CELL
        and (longest[place] * sums[place]) ^ 0.25 / 100
      grid.colspecs[place] = { column[1], share or nil }
    end
    grid.attributes["typst:inset"] = wide and "(x: 5.5pt, y: 4pt)" or nil
    return grid
  end
  grid.classes:extend(wide and { "wide" } or {})
  grid.bodies[1].row_head_columns = 1
  for _, cell in ipairs(head.cells) do
    cell.attributes.scope = "col"
  end
  for _, row in ipairs(rows) do
    row.cells[1].attributes.scope = "row"
  end
  return pandoc.Div(grid, scrolling("scroll", "Table"))
end

local function fold_code(code)
  local name = code.attributes.summary
  if not name then
    return nil
  elseif typst then
    return {}
  end
  code.attributes.summary = nil
  local opening = pandoc.RawBlock("html", "<details><summary>" .. name .. "</summary>")
  return { opening, code, pandoc.RawBlock("html", "</details>") }
end

-- The thin spaces around the names of functions, as in a log x, which MathML lacks.
local function space_names(tex)
  for name in FUNCTIONS:gmatch("%a+") do
    name = "\\" .. name .. "%f[%A]"
    tex = tex:gsub("([%w)}%]])%s*(" .. name .. ")", "%1\\,%2")
    for _, script in ipairs({ "", "[_^]%w", "[_^]%b{}" }) do
      tex = tex:gsub("(" .. name .. script .. ")%s*(\\?%w+)", function(before, after)
        local fence = after:match("^\\left") or after:match("^\\[bB]ig")
        return not fence and before .. "\\," .. after or nil
      end)
    end
  end
  return tex
end

-- A formula, in Typst with its TeX for who listens.
local function formula(tex, kind)
  if tex:match("%d,%d%d%d%f[%D]") then
    refuse("the formula $%s$ shows a gap after the comma: write 60{,}000", tex)
  end
  local mended = tex:gsub("(%d){,}(%d)", "%1\\text{,}%2")
  if not typst then
    return { pandoc.Math(kind, space_names(mended)) }
  end
  mended = mended:gsub("\\[bB]ig+([lr])%f[%A]", { l = "\\left", r = "\\right" })
  local opening = raw("", "#formula(" .. quote(tex) .. ")[")
  return { opening, pandoc.Math(kind, mended), raw("", "];") }
end

-- The rows of an align, each cut at its &. An inner environment keeps its own.
local function rows_of(body)
  local held, rows = {}, {}
  body = body:gsub("(\\begin(%b{}).-\\end%2)", function(inner)
    table.insert(held, inner)
    return "\1" .. #held .. "\1"
  end)
  local function restore(part)
    return part:gsub("\1(%d+)\1", function(place)
      return held[tonumber(place)]
    end)
  end
  for row in (body .. "\\\\"):gmatch("(.-)\\\\") do
    local left, right = row:match("^([^&]*)&(.*)$")
    if row:match("%S") then
      local halves = left and { left, right } or { row }
      table.insert(rows, pandoc.List(halves):map(restore))
    end
  end
  return rows
end

local function number_row(halves)
  local row = table.concat(halves, "&")
  local tag = row:match("\\tag%s*{(.-)}")
  if not tag then
    return nil
  end
  local number = count("Equation")
  if tag ~= tostring(number) then
    refuse("equation %d has \\tag{%s}: write \\tag{%d}", number, tag, number)
  end
  local name = ("(%d)"):format(number)
  add_target("eq-" .. number, { wanted = name, short = "Equation " .. name })
  return number
end

-- A row of a displayed equation: one or two halves, then the number or nothing.
local function write_row(halves)
  local number = number_row(halves)
  local sides = #halves == 2 and { "left", "right" } or { "whole" }
  local parts = pandoc.Inlines({ raw("", "(") })
  for place, side in ipairs(sides) do
    local tex = halves[place]:gsub("\\tag%s*%b{}", ""):gsub("^%s+", ""):gsub("%s+$", "")
    parts:insert(raw('<span class="eq-' .. side .. '">', "["))
    if tex ~= "" then  -- the empty text keeps the space before a = at the left end
      parts:extend(formula((side == "right" and "\\text{}" or "") .. tex, "DisplayMath"))
    end
    parts:insert(raw("</span>", "], "))
  end
  local html, code = '<span class="eq-number"></span>', "[]), "
  if number then
    html = ('<span class="eq-number" id="eq-%d">(%d)</span>'):format(number, number)
    code = ("[#metadata(none)<eq-%d>(%d)]), "):format(number, number)
  end
  parts:insert(raw(html, code))
  return parts
end

local function write_math(math)
  if math.mathtype == "InlineMath" then
    return formula(math.text, "InlineMath")
  end
  local name, body = math.text:match("^%s*\\begin{(%a+)%*?}(.*)\\end{%a+%*?}%s*$")
  local rows = { { body and name == "equation" and body or math.text } }
  if name == "align" then
    rows = rows_of(body)
  end
  local parts = pandoc.Inlines({ raw("", "#equations(") })
  for _, row in ipairs(rows) do
    parts:extend(write_row(row))
  end
  parts:insert(raw("", ");"))
  return typst and parts or pandoc.Span(parts, scrolling("equation", "Equation"))
end

local function mend_word(word)
  if word.text:match("^\\begin{") or word.text:match("^%$%$") then
    refuse("the formula at %q was not seen: it must begin its line, and have an end", word.text)
  end
  word.text = word.text:gsub("^([%(%[]?)%-(%d)", "%1−%2")  -- the minus sign of -1
  return word
end

-- Keep 5 % on one line.
local function join_per_cent(inlines)
  for place = 2, #inlines - 1 do
    local sign = inlines[place + 1]
    if inlines[place].t == "Space" and sign.t == "Str" and sign.text:match("^%%") then
      inlines[place] = pandoc.Str("\u{a0}")
    end
  end
  return inlines
end

local function refuse_picture(image)
  refuse("the picture %q: show it with lenet.report.figure", image.src)
end

local function fits(text, target)
  local function claimed(pattern)
    return text:match(pattern)
  end
  return text == target.wanted or text == target.short
    or target.named and not CLAIMS:find_if(claimed)
end

-- From where the notebooks are to where the reports are.
local function move_link(link)
  local name, place = link.target:match("^([%w_]+)%.ipynb(.*)$")
  if name then
    link.target = name:gsub("_", "-") .. (typst and ".pdf" or ".html" .. place)
  end
  link.target = link.target:gsub("^%.%./reports/", "")
  return link
end

local function check_link(link)
  local text, label = text_of(link):gsub("\u{a0}", " "), link.target:match("^#(.*)")
  local target = targets[label]
  if not label then
    return move_link(link)
  end
  linked[label] = true
  if not target then
    local known = pandoc.List()
    for each in pairs(targets) do
      known:insert(each)
    end
    known:sort()
    refuse("[%s](#%s) leads nowhere: the labels are %s", text, label, table.concat(known, ", "))
  elseif not fits(text, target) then
    refuse("[%s](#%s) has the wrong text: write [%s](#%s)", text, label, target.wanted, label)
  end
end

local function check_anchor(span)
  if span.identifier ~= "" and not targets[span.identifier] then
    refuse_html('<a id="' .. span.identifier .. '">')
  end
end

-- A reader may pass over a figure or table of which no sentence speaks.
local function check_spoken_of(document)
  for label, target in pairs(targets) do
    if target.short and target.wanted:match("^[FT]") and not linked[label] then
      refuse("no sentence refers to %s: write [%s](#%s)", target.wanted, target.wanted, label)
    end
  end
end

-- What search engines and lists of files show of a report.
local function describe(meta)
  meta.description = text_of(meta.abstract or ""):match("^.-%.%f[%s\0]")
  local fields = {}
  for _, name in ipairs({ "author", "description", "keywords" }) do
    table.insert(fields, meta[name] and name .. ": " .. quote(text_of(meta[name])))
  end
  local day = { text_of(meta.date or ""):match("^(%d+)-0?(%d+)-0?(%d+)") }
  if day[1] then
    table.insert(fields, ("date: datetime(year: %s, month: %s, day: %s)"):format(table.unpack(day)))
  end
  meta.document = typst and pandoc.RawInline("typst", table.concat(fields, ", ")) or nil
  return meta
end

return {
  {
    CodeBlock = fold_code,
    Div = number_float,
    Header = number_heading,
    Image = refuse_picture,
    Inlines = join_per_cent,
    Math = write_math,
    OrderedList = number_references,
    RawBlock = check_html,
    RawInline = check_html,
    Str = mend_word,
    Table = complete_table,
  },
  { Link = check_link, Meta = describe, Pandoc = check_spoken_of, Span = check_anchor },
}
