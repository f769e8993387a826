/** Entry point of the page. */
import { mount } from 'svelte';
import Root from './Root.svelte';
import './app.css';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
mount(Root, { target });
