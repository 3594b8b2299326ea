/** Pages on Express as it comes: a page with an ETag, and a file with a date besides. */
import { fileURLToPath } from 'node:url';
import express from 'express';

const app = express();
app.get('/page', (_, res) => res.send('<p>A page that seldom changes.</p>'));
app.use('/files', express.static(fileURLToPath(new URL('.', import.meta.url))));
app.listen(Number(process.env.PORT), '127.0.0.1');
