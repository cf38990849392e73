// Markdown as elements: the text is taken apart by marked, and put together here.
//
// Whatever stands in a message is text. There is no way from it to HTML: raw HTML is shown as it
// was written, a link leads to the web or nowhere, a picture becomes a link.
import { lexer, type Token, type Tokens } from 'marked';
import type { ComponentChildren, VNode } from 'preact';

export function Markdown(props: { text: string }) {
  return <>{blocks(lexer(props.text, { gfm: true, breaks: true }))}</>;
}

const blocks = (tokens: Token[] | undefined): VNode[] => (tokens ?? []).map((token, i) => <Piece key={i} token={token} />);

const web = (address: string) => (/^(https?:|mailto:)/i.test(address) ? address : undefined);

function Out(props: { to: string; children: ComponentChildren }) {
  return (
    <a href={web(props.to)} target="_blank" rel="noreferrer noopener">
      {props.children}
    </a>
  );
}

// marked escapes nothing in the tokens it gives; Preact does when it draws them.
function Piece({ token }: { token: Token }): VNode {
  switch (token.type) {
    case 'paragraph':
      return <p>{blocks(token.tokens)}</p>;
    case 'heading':
      return (
        <p>
          <strong>{blocks(token.tokens)}</strong>
        </p>
      );
    case 'strong':
      return <strong>{blocks(token.tokens)}</strong>;
    case 'em':
      return <em>{blocks(token.tokens)}</em>;
    case 'del':
      return <del>{blocks(token.tokens)}</del>;
    case 'codespan':
      return <code>{(token as Tokens.Codespan).text}</code>;
    case 'code':
      return (
        <pre>
          <code>{(token as Tokens.Code).text}</code>
        </pre>
      );
    case 'blockquote':
      return <blockquote>{blocks(token.tokens)}</blockquote>;
    case 'list':
      return <List list={token as Tokens.List} />;
    case 'table':
      return <Table table={token as Tokens.Table} />;
    case 'link':
      return <Out to={(token as Tokens.Link).href}>{blocks(token.tokens)}</Out>;
    case 'image':
      return <Out to={(token as Tokens.Image).href}>{(token as Tokens.Image).text || (token as Tokens.Image).href}</Out>;
    case 'hr':
      return <hr />;
    case 'br':
      return <br />;
    case 'space':
      return <></>;
    case 'text':
      return 'tokens' in token && token.tokens ? <>{blocks(token.tokens)}</> : <>{(token as Tokens.Text).text}</>;
    case 'escape':
      return <>{(token as Tokens.Escape).text}</>;
    default:
      return <>{token.raw}</>;
  }
}

function List({ list }: { list: Tokens.List }) {
  const items = list.items.map((item, i) => <li key={i}>{blocks(item.tokens)}</li>);
  return list.ordered ? <ol start={list.start || 1}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ table }: { table: Tokens.Table }) {
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            {table.header.map((cell, i) => (
              <th key={i}>{blocks(cell.tokens)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j}>{blocks(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
