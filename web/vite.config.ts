import { fileURLToPath } from 'node:url'
import { createHash } from 'node:crypto'
import vue from '@vitejs/plugin-vue'
import vueI18n from '@intlify/unplugin-vue-i18n/vite'
import { defineConfig, type Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Writes the list of first-load files into the service worker, so that the shell opens offline and nothing more is fetched. */
function shellList(): Plugin {
  return {
    name: 'shell-list',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const files = new Set<string>()
      const visit = (name: string) => {
        const chunk = bundle[name]
        if (files.has(name) || chunk?.type !== 'chunk') return
        files.add(name)
        chunk.imports.forEach(visit)
        const css = (chunk as { viteMetadata?: { importedCss: Set<string> } }).viteMetadata?.importedCss
        css?.forEach((file) => files.add(file))
      }
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue
        if ((chunk.isEntry && chunk.name === 'app') || chunk.name === 'FeedPage') visit(chunk.fileName)
      }
      const worker = bundle['sw.js']
      if (worker?.type !== 'chunk') return this.error('sw.js is missing from the bundle')
      const list = [...files].sort()
      const build = createHash('sha256').update(list.join()).digest('hex').slice(0, 12)
      worker.code = worker.code
        .replace('__SHELL_FILES__', list.map((file) => `/${file}`).join(' '))
        .replace('__SHELL_BUILD__', build)
    },
  }
}

/**
 * Two libraries import all of Vue to ask whether one name exists, which keeps every unused part of it in the bundle.
 * They get the names they use; a version that imports differently fails the size check, not the app.
 */
function narrowVue(): Plugin {
  const wanted: [RegExp, RegExp, string][] = [
    [/vue-i18n\.runtime\.(mjs|esm-bundler\.js)/, /import \* as Vue from 'vue';/, "import { getCurrentInstance as __instance } from 'vue'; const Vue = { getCurrentInstance: __instance };"],
    [/reka-ui\/dist\/shared\/useId\.js/, /import \* as vue from "vue";/, 'import { useId as __useId } from "vue"; const vue = { useId: __useId };'],
  ]
  return {
    name: 'narrow-vue',
    apply: 'build',
    transform(code, id) {
      const rule = wanted.find(([file, text]) => file.test(id) && text.test(code))
      return rule ? { code: code.replace(rule[1], rule[2]), map: null } : undefined
    },
  }
}

export default defineConfig({
  plugins: [
    vue(),
    vueI18n({ include: [here('./src/i18n/locales/**/*.json')], runtimeOnly: true, dropMessageCompiler: true, compositionOnly: true, fullInstall: false }),
    narrowVue(),
    shellList(),
  ],
  resolve: { alias: { '@': here('./src') } },
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false', __INTLIFY_PROD_DEVTOOLS__: 'false', __VUE_I18N_LEGACY_API__: 'false' },
  build: {
    target: 'es2022',
    manifest: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { app: here('./index.html'), sw: here('./src/sw/sw.ts') },
      output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
  server: { proxy: { '/api': process.env.OPENRED_URL ?? 'http://127.0.0.1:7390' } },
  test: { include: ['test/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0])
