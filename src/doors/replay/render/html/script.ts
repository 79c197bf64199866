/**
 * The page's own script: sorting, filtering, opening rows, the slider, the chart's tooltip. It makes text nodes only
 * (`textContent`), so nothing that came from a log can become markup here either. Without it everything can be read.
 */
export const SCRIPT = String.raw`
(function () {
  'use strict';
  var root = document.documentElement;
  root.classList.add('js');
  var $ = function (selector, from) { return (from || document).querySelector(selector); };
  var $$ = function (selector, from) { return Array.from((from || document).querySelectorAll(selector)); };
  var data = JSON.parse($('#data').textContent);
  var figures = function (n) { return Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ','); };
  var percent = function (share) {
    if (share <= 0) return '0 %';
    if (share < 0.001) return '< 0.1 %';
    var fine = share < 0.1 || (share > 0.99 && share < 1);
    return (share * 100).toFixed(fine ? 1 : 0).replace(/\.0$/, '') + ' %';
  };
  var make = function (name, className, text) {
    var element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  $('#theme').addEventListener('click', function () {
    var dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  });

  /* Actors: open, sort, filter. */
  var table = $('.actors');
  if (table) {
    var bodies = $$('tbody', table);
    var chosen = '';
    var search = $('#search');
    var toggle = function (body, open) {
      body.classList.toggle('open', open);
      $('.opener', body).setAttribute('aria-expanded', String(body.classList.contains('open')));
    };
    bodies.forEach(function (body) {
      $('.row', body).addEventListener('click', function () {
        if (String(getSelection())) return;
        toggle(body);
      });
    });
    var filter = function () {
      var words = search.value.toLowerCase().trim();
      var shown = 0;
      bodies.forEach(function (body) {
        var fits = (!chosen || (' ' + body.dataset.classes + ' ').indexOf(' ' + chosen + ' ') >= 0) &&
          (!words || body.textContent.toLowerCase().indexOf(words) >= 0);
        body.hidden = !fits;
        if (fits) shown++;
      });
      $('#shown').textContent = shown === bodies.length ? '' : shown + ' of ' + bodies.length + ' shown';
      $('#none').hidden = shown > 0;
    };
    search.addEventListener('input', filter);
    $$('.chip').forEach(function (chip) {
      chip.addEventListener('click', function () {
        chosen = chip.dataset.class;
        $$('.chip').forEach(function (other) { other.setAttribute('aria-pressed', String(other === chip)); });
        filter();
      });
    });
    var open = $('#open');
    open.addEventListener('click', function () {
      var all = bodies.some(function (body) { return !body.classList.contains('open'); });
      bodies.forEach(function (body) { toggle(body, all); });
      open.textContent = all ? 'Close all' : 'Open all';
    });
    $$('th[data-sort]', table).forEach(function (head) {
      head.addEventListener('click', function () {
        var down = head.getAttribute('aria-sort') !== 'descending';
        $$('th[data-sort]', table).forEach(function (other) { other.removeAttribute('aria-sort'); });
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        var by = head.dataset.sort;
        var numeric = head.dataset.kind === 'number';
        bodies.sort(function (a, b) {
          var x = a.dataset[by], y = b.dataset[by];
          var order = numeric ? Number(y) - Number(x) : x < y ? 1 : x > y ? -1 : 0;
          return down ? order : -order;
        });
        bodies.forEach(function (body) { table.appendChild(body); });
      });
    });
    if (bodies.length > 0 && bodies.length <= 3) toggle(bodies[0], true);
    var named = location.hash.slice(1);
    bodies.forEach(function (body) { if (body.id && body.id === named) toggle(body, true); });
  }

  /* Chart: which of the two plots, and what stands under the pointer. */
  var plots = $$('.plot');
  $$('.switch button').forEach(function (button) {
    button.addEventListener('click', function () {
      $$('.switch button').forEach(function (other) { other.setAttribute('aria-pressed', String(other === button)); });
      $$('[data-view]').forEach(function (part) { part.hidden = part.dataset.view !== button.dataset.show; });
    });
  });
  plots.forEach(function (plot) {
    var tip = null, cursor = null;
    var clear = function () {
      if (tip) { tip.remove(); cursor.remove(); tip = cursor = null; }
    };
    plot.addEventListener('pointerleave', clear);
    plot.addEventListener('pointermove', function (event) {
      var box = plot.getBoundingClientRect();
      var n = data.buckets.length;
      var i = Math.min(n - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * n)));
      var bucket = data.buckets[i];
      clear();
      cursor = make('div', 'cursor');
      cursor.style.left = (i / n * 100) + '%';
      cursor.style.width = (100 / n) + '%';
      tip = make('div', 'tip');
      tip.appendChild(make('b', '', bucket.label));
      [['requests', bucket.requests], ['errors', bucket.errors]].concat(bucket.abusive).forEach(function (entry) {
        var line = make('div');
        line.appendChild(make('span', '', entry[0]));
        line.appendChild(make('span', '', figures(entry[1])));
        tip.appendChild(line);
      });
      plot.appendChild(cursor);
      plot.appendChild(tip);
      var left = (i + 0.5) / n * box.width;
      var beside = left > box.width / 2 ? left - tip.offsetWidth - 14 : left + 14;
      tip.style.left = Math.max(0, Math.min(box.width - tip.offsetWidth, beside)) + 'px';
    });
  });

  /* Slider: what acting from this risk on would stop, and whom it would hurt. */
  var slider = $('#threshold');
  if (slider) {
    var most = Math.max.apply(null, data.thresholds.map(function (p) { return p.identities_hurt; })) || 1;
    var draw = function () {
      var point = data.thresholds[Number(slider.value)];
      $('#at').textContent = percent(point.risk);
      slider.setAttribute('aria-valuetext', 'risk of ' + percent(point.risk) + ' and above');
      $('#acted').textContent = figures(point.actors) + (point.actors === 1 ? ' actor' : ' actors');
      $('#stopped').textContent = figures(point.requests_stopped);
      var share = data.abusive > 0 ? Math.min(1, point.requests_stopped / data.abusive) : 0;
      $('#share').textContent = data.abusive > 0 ? '(' + percent(share) + ' of abusive requests)' : '';
      $('#hurt').textContent = figures(point.identities_hurt);
      $('#stopped-bar').setAttribute('width', String(share * 100));
      $('#hurt-bar').setAttribute('width', String(point.identities_hurt / most * 100));
    };
    slider.addEventListener('input', draw);
    draw();
  }
})();
`;
