// Opens a trace in Perfetto's page and prints what Perfetto read, as JSON.
//
//     node query.mjs URL_OF_THE_PAGE PATH_OF_PLAYWRIGHT

const [url, playwright] = process.argv.slice(2);
const { chromium } = await import(playwright);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const page = await browser.newPage();
  const trace = encodeURIComponent(`${url}/trace.json`);
  await page.goto(`${url}/index.html#!/?url=${trace}`, { waitUntil: 'domcontentloaded' });
  await page.waitForFunction(() => window.app?.trace?.engine, null, { timeout: 60_000 });
  const rows = (sql) =>
    page.evaluate(async (sql) => {
      const result = await window.app.trace.engine.query(sql);
      const found = [];
      for (const row = result.iter({}); row.valid(); row.next()) {
        found.push(result.columns().map((column) => {
          const value = row.get(column);
          return typeof value === 'bigint' ? Number(value) : value;
        }));
      }
      return found;
    }, sql);
  const count = async (sql) => (await rows(sql))[0][0];
  const found = {
    errors: await rows(
      "select name, value from stats where value > 0 and severity in ('error', 'data_loss')",
    ),
    spans: await rows(`
      select process.name, slice.name, slice.dur from slice
      join thread_track on slice.track_id = thread_track.id
      join thread using (utid) join process using (upid)
      where slice.category != 'log'`),
    outside: await count(`
      select count(*) from slice join slice parent on slice.parent_id = parent.id
      where slice.ts < parent.ts or slice.ts + slice.dur > parent.ts + parent.dur`),
    tracks: await count('select count(distinct track_id) from slice'),
    flows: await count('select count(*) from flow'),
  };
  console.log(JSON.stringify(found));
} finally {
  await browser.close();
}
