import { tokenize } from './tokenize';

/** Colours source beside the page's own thread: a grammar may take a second, and the source is a stranger's. */
interface Job {
  id: number;
  lines: string[];
  language: string;
}

addEventListener('message', (event: MessageEvent<Job>) => {
  const { id, lines, language } = event.data;
  void tokenize(lines, language).then((tokens) => postMessage({ id, tokens }));
});
